// Readers ask here about the queue as a whole. Tasks that wait are those without an end, and without a row of
// `living` that says otherwise.
#include "store/ledger/reader_state.hpp"

namespace nias::store {

Result<QueueCounts> LedgerReader::counts() {
    auto statement = state_->database->prepare(
        "SELECT (SELECT count(*) FROM task_rows), (SELECT count(*) FROM end_rows), (SELECT count(*) FROM "
        "living WHERE state <> 'queued')");
    if (!statement) { return statement.error(); }
    auto row = statement->step();
    if (!row) { return row.error(); }
    const auto all = static_cast<std::uint64_t>(statement->integer());
    QueueCounts counts;
    counts.ended = static_cast<std::uint64_t>(statement->integer());
    counts.running = static_cast<std::uint64_t>(statement->integer());
    counts.queued = all - counts.ended - counts.running;
    return counts;
}

Result<std::uint64_t> LedgerReader::place_in_line(const TaskId& id) {
    auto statement = state_->database->prepare(
        "SELECT count(*) FROM task_rows LEFT JOIN living USING (id) WHERE task_rows.id < ? AND "
        "coalesce(living.state, 'queued') = 'queued' "
        "AND NOT EXISTS (SELECT 1 FROM end_rows WHERE end_rows.id = task_rows.id)");
    if (!statement) { return statement.error(); }
    bind_id(*statement, id);
    auto row = statement->step();
    if (!row) { return row.error(); }
    return static_cast<std::uint64_t>(statement->integer());
}

// Ids sort by time of making, so the first that waits is the oldest. Both halves end at their first row.
Result<std::optional<WaitingTask>> LedgerReader::oldest_waiting(const TaskId& from) {
    auto statement = state_->database->prepare(
        "SELECT id, submitted FROM ("
        "SELECT * FROM (SELECT id, submitted FROM living CROSS JOIN task_rows USING (id) WHERE state = "
        "'queued' "
        "ORDER BY id LIMIT 1) UNION ALL "
        "SELECT * FROM (SELECT id, submitted FROM task_rows WHERE id >= ? "
        "AND NOT EXISTS (SELECT 1 FROM end_rows WHERE end_rows.id = task_rows.id) "
        "AND NOT EXISTS (SELECT 1 FROM living WHERE living.id = task_rows.id) ORDER BY id LIMIT 1)) "
        "ORDER BY id LIMIT 1");
    if (!statement) { return statement.error(); }
    bind_id(*statement, from);
    auto row = statement->step();
    if (!row) { return row.error(); }
    if (!*row) { return std::optional<WaitingTask>(); }
    WaitingTask oldest{.id = read_id(*statement)};
    oldest.submitted_unix_ms = statement->integer();
    return std::optional(oldest);
}

}  // namespace nias::store
