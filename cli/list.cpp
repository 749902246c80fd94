// nias list: the jobs, newest first.
#include <iomanip>
#include <iostream>

#include "cli/lab.hpp"
#include "cli/verbs.hpp"

namespace nias::cli {

int list(int argc, const char* const* argv) {
    constexpr auto kProgram = "nias list";
    std::string data = "./nias-data";
    std::string state;
    std::string owner;
    std::uint64_t limit = 50;
    daemon::Options options(kProgram, "Lists the jobs, newest first.");
    options.quiet();
    options.text("data", data, "data directory of the server");
    options.text("state", state, "only jobs in this state");
    options.text("owner", owner, "only jobs of this owner");
    options.number("limit", limit, 1, 1000, "how many at most");
    if (const auto code = options.parse(argc, argv)) { return *code; }
    store::ListQuery query;
    query.limit = limit;
    if (!owner.empty()) { query.owner = owner; }
    if (!state.empty()) {
        const auto parsed = parse_task_state(state);
        if (!parsed) { return daemon::report(kProgram, parsed.error()); }
        query.state = *parsed;
    }
    auto lab = Lab::open(data);
    if (!lab) { return daemon::report(kProgram, lab.error()); }
    const auto records = lab->ledger().list(query);
    if (!records) { return daemon::report(kProgram, records.error()); }
    std::cout << std::left << std::setw(34) << "ID" << std::setw(11) << "STATE" << std::setw(9) << "ATTEMPT"
              << std::setw(21) << "SUBMITTED" << std::setw(16) << "WORKER"
              << "NAME\n";
    for (const store::TaskRecord& record : *records) {
        std::cout << std::left << std::setw(34) << to_string(record.task.id) << std::setw(11)
                  << to_string(record.state) << std::setw(9) << record.task.attempt << std::setw(21)
                  << time_text(record.submitted_unix_ms) << std::setw(16)
                  << (record.worker.empty() ? "-" : printable(record.worker))
                  << printable(record.task.spec.name) << '\n';
    }
    return 0;
}

}  // namespace nias::cli
