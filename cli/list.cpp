// nias list: the jobs, newest first.
#include <iostream>

#include "cli/jobs/array.hpp"
#include "cli/jobs/where.hpp"
#include "cli/lab.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"

namespace nias::cli {

int list(int argc, const char* const* argv) {
    constexpr auto kProgram = "nias list";
    Where where;
    std::string state;
    std::string owner;
    std::uint64_t limit = 50;
    daemon::Options options(kProgram, "Lists the jobs, newest first.");
    options.quiet();
    where.declare(options);
    options.text("state", state, "only jobs in this state");
    options.text("owner", owner, "only jobs of this owner");
    bool deleted = false;
    options.flag("deleted", deleted,
                 "those that were deleted and can be brought back, in place of the others");
    options.number("limit", limit, 1, 1000, "how many at most");
    if (const auto code = options.parse(argc, argv)) { return *code; }
    store::ListQuery query;
    query.limit = limit;
    query.forgotten = deleted;
    if (!owner.empty()) { query.owner = owner; }
    if (!state.empty()) {
        const auto parsed = parse_task_state(state);
        if (!parsed) { return daemon::report(kProgram, parsed.error()); }
        query.state = *parsed;
    }
    const auto jobs = where.open();
    if (!jobs) { return daemon::report(kProgram, jobs.error()); }
    const auto found = (*jobs)->list(query);
    if (!found) { return daemon::report(kProgram, found.error()); }
    Table table({{"ID"}, {"STATE"}, {"ATTEMPT"}, {"SUBMITTED"}, {"WORKER"}, {"NAME"}});
    for (const store::JobView& job : *found) {
        const store::TaskRecord& record = job.record;
        const std::string& name = record.task.spec.name;
        table.add({to_string(record.task.id), std::string(to_string(record.state)),
                   std::to_string(record.task.attempt), time_text(record.submitted_unix_ms), record.worker,
                   job.array ? name + " (array: " + counts_in_words(job.array->counts) + ")" : name});
    }
    table.print(std::cout);
    return 0;
}

}  // namespace nias::cli
