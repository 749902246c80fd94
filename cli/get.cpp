// nias get: the outputs of a job, as a folder.
#include <iostream>

#include "cli/fetch.hpp"
#include "cli/verbs.hpp"

namespace nias::cli {

int get(int argc, const char* const* argv) {
    constexpr auto kProgram = "nias get";
    std::string id;
    std::string data = "./nias-data";
    std::string output;
    daemon::Options options(kProgram, "Fetches what a job wrote into output/.");
    options.quiet();
    options.positional("id", id, true, "the job");
    options.text("data", data, "data directory of the server");
    options.text("output", output, "folder to put them into (default: the job's id)");
    if (const auto code = options.parse(argc, argv)) { return *code; }
    auto lab = Lab::open(data);
    if (!lab) { return daemon::report(kProgram, lab.error()); }
    const auto record = lab->find(id);
    if (!record) { return daemon::report(kProgram, record.error()); }
    if (output.empty()) { output = id; }
    if (auto fetched = fetch_outputs(*lab, *record, output); !fetched) {
        return daemon::report(kProgram, fetched.error());
    }
    std::cout << output << '\n';
    return 0;
}

}  // namespace nias::cli
