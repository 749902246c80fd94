#include "store/sqlite/outcome_rows.hpp"

namespace nias::store {

OutcomeHead outcome_head(const Outcome& outcome, std::string_view worker) {
    std::string notes;
    for (const std::string& note : outcome.notes) { notes += note + "\n"; }
    return {static_cast<std::uint8_t>(outcome.status),
            static_cast<std::uint8_t>(outcome.cause),
            outcome.exit_code,
            outcome.signal,
            outcome.usage.wall_ms,
            outcome.usage.cpu_ms,
            outcome.usage.peak_memory_bytes,
            outcome.output_blob,
            outcome.error,
            std::move(notes),
            worker,
            outcome.started_unix_ms,
            outcome.ended_unix_ms};
}

void read_outcome(Statement& statement, Outcome& outcome) {
    outcome.status = static_cast<OutcomeStatus>(statement.integer());
    outcome.cause = static_cast<Cause>(statement.integer());
    outcome.exit_code = static_cast<std::int32_t>(statement.integer());
    outcome.signal = static_cast<std::int32_t>(statement.integer());
    outcome.usage.wall_ms = static_cast<std::uint64_t>(statement.integer());
    outcome.usage.cpu_ms = static_cast<std::uint64_t>(statement.integer());
    outcome.usage.peak_memory_bytes = static_cast<std::uint64_t>(statement.integer());
    outcome.output = statement.bytes();
    outcome.output_blob = read_blob(statement);
    outcome.error = statement.text();
    const std::string notes = statement.text();
    for (std::size_t from = 0, to = 0; (to = notes.find('\n', from)) != std::string::npos; from = to + 1) {
        outcome.notes.push_back(notes.substr(from, to - from));
    }
    outcome.worker = statement.text();
    outcome.started_unix_ms = statement.integer();
    outcome.ended_unix_ms = statement.integer();
}

}  // namespace nias::store
