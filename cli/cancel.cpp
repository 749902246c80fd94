// nias cancel: asks the ventilator to stop a job and waits until it has ended.
#include <iostream>

#include "cli/lab.hpp"
#include "cli/verbs.hpp"

namespace nias::cli {

int cancel(int argc, const char* const* argv) {
    constexpr auto kProgram = "nias cancel";
    std::string id;
    std::string data = "./nias-data";
    daemon::Options options(kProgram, "Stops a job, or takes it out of the queue.");
    options.quiet();
    options.positional("id", id, true, "the job");
    options.text("data", data, "data directory of the server");
    if (const auto code = options.parse(argc, argv)) { return *code; }
    auto lab = Lab::open(data);
    if (!lab) { return daemon::report(kProgram, lab.error()); }
    auto record = lab->find(id);
    if (!record) { return daemon::report(kProgram, record.error()); }
    if (has_ended(record->state)) {
        return daemon::report(kProgram, {ErrorCode::conflict, "job " + id + " has ended already: " +
                                                                  std::string(to_string(record->state))});
    }
    auto submitter = lab->submitter();
    if (!submitter) { return daemon::report(kProgram, submitter.error()); }
    if (auto asked = submitter->cancel(record->task.id); !asked) {
        return daemon::report(kProgram, asked.error());
    }
    const auto outcome = submitter->wait(record->task.id, std::chrono::seconds(30));
    if (!outcome) { return daemon::report(kProgram, outcome.error()); }
    auto ended = lab->find(id);
    if (!ended) { return daemon::report(kProgram, ended.error()); }
    std::cout << to_string(ended->state) << '\n';
    return 0;
}

}  // namespace nias::cli
