// nias cancel: asks the ventilator to stop a job and waits until it has ended.
#include <iostream>

#include "cli/jobs/array.hpp"
#include "cli/jobs/where.hpp"
#include "cli/verbs.hpp"

namespace nias::cli {

int cancel(int argc, const char* const* argv) {
    constexpr auto kProgram = "nias cancel";
    std::string id;
    Where where;
    daemon::Options options(kProgram, "Stops a job, or takes it out of the queue.");
    options.quiet();
    options.positional("id", id, true, "the job");
    where.declare(options);
    if (const auto code = options.parse(argc, argv)) { return *code; }
    const auto jobs = where.open();
    if (!jobs) { return daemon::report(kProgram, jobs.error()); }
    const auto job = (*jobs)->find(id);
    if (!job) { return daemon::report(kProgram, job.error()); }
    const store::TaskRecord& record = job->record;
    if (has_ended(record.state)) {
        return daemon::report(kProgram, {ErrorCode::conflict, "job " + id + " has ended already: " +
                                                                  std::string(to_string(record.state))});
    }
    if (auto asked = (*jobs)->cancel(record.task.id); !asked) {
        return daemon::report(kProgram, asked.error());
    }
    const auto ended = (*jobs)->wait_for_end(record.task.id, std::chrono::seconds(30));
    if (!ended) { return daemon::report(kProgram, ended.error()); }
    std::cout << (ended->array ? counts_in_words(ended->array->counts)
                               : std::string(to_string(ended->record.state)))
              << '\n';
    return 0;
}

}  // namespace nias::cli
