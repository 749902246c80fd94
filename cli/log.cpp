// nias log: what a job's program printed, from the stored log; -f waits for more until the job has ended.
#include <iostream>

#include "cli/jobs/one_job.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"

namespace nias::cli {
namespace {

constexpr auto kProgram = "nias log";

int follow(Jobs& jobs, const std::string& id, const store::TaskRecord& record) {
    if (auto watched = jobs.watch(record.task.id); !watched) {
        return daemon::report(kProgram, watched.error());
    }
    AttemptRef attempt{record.task.id, record.task.attempt};
    std::uint64_t offset = 0;
    while (std::cout) {
        const auto seen = jobs.find(id);
        if (!seen) { return daemon::report(kProgram, seen.error()); }
        const auto printed = jobs.print_log(attempt, offset, std::cout);
        if (!printed) { return daemon::report(kProgram, printed.error()); }
        offset = *printed;
        if (seen->record.task.attempt != attempt.attempt) {
            say(kProgram, "the job runs again: attempt " + std::to_string(seen->record.task.attempt));
            attempt.attempt = seen->record.task.attempt;
            offset = 0;
            continue;
        }
        if (has_ended(seen->record.state)) { return 0; }
        jobs.await_change();
    }
    return 0;
}

}  // namespace

int log(int argc, const char* const* argv) {
    OneJob one(kProgram, "Prints what a job's program printed.");
    bool on = false;
    daemon::Options& options = one.options();
    options.flag("follow,-f", on, "go on until the job has ended");
    if (const auto code = one.parse(argc, argv)) { return *code; }
    if (const auto code = one.find()) { return *code; }
    if (one.view().array) {
        return one.report(
            {ErrorCode::invalid, one.id() + " is an array, and only its members have logs: «nias status " +
                                     one.id() + "» names those that failed"});
    }
    const Task& task = one.view().record.task;
    if (on) { return follow(one.jobs(), one.id(), one.view().record); }
    const auto printed = one.jobs().print_log({task.id, task.attempt}, 0, std::cout);
    return printed ? 0 : one.report(printed.error());
}

}  // namespace nias::cli
