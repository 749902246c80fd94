// nias get: the outputs of a job, as a folder.
#include <iostream>

#include "cli/jobs/fetch.hpp"
#include "cli/jobs/one_job.hpp"
#include "cli/verbs.hpp"

namespace nias::cli {

int get(int argc, const char* const* argv) {
    OneJob one("nias get", "Fetches what a job wrote into output/; of an array, a folder for each index.");
    std::string output;
    daemon::Options& options = one.options();
    options.text("output", output, "folder to put them into (default: the job's id)");
    if (const auto code = one.parse(argc, argv)) { return *code; }
    if (const auto code = one.find()) { return *code; }
    if (output.empty()) { output = one.id(); }
    if (auto fetched = fetch_outputs(one.jobs(), one.view(), output); !fetched) {
        return one.report(fetched.error());
    }
    std::cout << output << '\n';
    return 0;
}

}  // namespace nias::cli
