// nias get: the outputs of a job, as a folder.
#include <iostream>

#include "cli/jobs/fetch.hpp"
#include "cli/jobs/where.hpp"
#include "cli/verbs.hpp"

namespace nias::cli {

int get(int argc, const char* const* argv) {
    constexpr auto kProgram = "nias get";
    std::string id;
    Where where;
    std::string output;
    daemon::Options options(kProgram,
                            "Fetches what a job wrote into output/; of an array, a folder for each index.");
    options.quiet();
    options.positional("id", id, true, "the job");
    where.declare(options);
    options.text("output", output, "folder to put them into (default: the job's id)");
    if (const auto code = options.parse(argc, argv)) { return *code; }
    const auto jobs = where.open();
    if (!jobs) { return daemon::report(kProgram, jobs.error()); }
    const auto job = (*jobs)->find(id);
    if (!job) { return daemon::report(kProgram, job.error()); }
    if (output.empty()) { output = id; }
    if (auto fetched = fetch_outputs(**jobs, *job, output); !fetched) {
        return daemon::report(kProgram, fetched.error());
    }
    std::cout << output << '\n';
    return 0;
}

}  // namespace nias::cli
