// The line of waiting tasks, and the tasks that workers have, as the ledger's readers see them.
#include <algorithm>
#include <unordered_map>

#include "store/ledger/reader_state.hpp"

namespace nias::store {
namespace {

/// A task is queued when it lives and no worker has it. Most have no row of `living`.
constexpr std::string_view kIsQueued =
    " AND coalesce(living.state, 'queued') = 'queued' "
    "AND NOT EXISTS (SELECT 1 FROM end_rows WHERE end_rows.id = task_rows.id)";
constexpr std::uint64_t kCountedMax = 20'000;  // tasks behind one that are counted to tell its place

std::uint64_t number_in(Statement& statement) { return static_cast<std::uint64_t>(statement.integer()); }

}  // namespace

Result<QueueCounts> LedgerReader::counts() {
    auto statement = state_->database->prepare(
        "SELECT tasks, ends, (SELECT count(*) FROM living WHERE state <> 'queued') FROM totals");
    if (!statement) { return statement.error(); }
    auto row = statement->step();
    if (!row) { return row.error(); }
    const std::uint64_t all = number_in(*statement);
    QueueCounts counts;
    counts.ended = number_in(*statement);
    counts.running = number_in(*statement);
    counts.queued = all - std::min(all, counts.ended + counts.running);
    return counts;
}

Result<std::uint64_t> LedgerReader::forgets() {
    auto statement = state_->database->prepare("SELECT forgets FROM totals");
    if (!statement) { return statement.error(); }
    auto row = statement->step();
    if (!row) { return row.error(); }
    return number_in(*statement);
}

Result<std::vector<HeldTask>> LedgerReader::held(const std::optional<std::string>& owner, std::size_t limit) {
    std::string sql =
        "SELECT living.id, task_group, name, living.worker, living.state FROM living "
        "CROSS JOIN task_rows ON task_rows.id = living.id CROSS JOIN task_heads USING (head) "
        "WHERE living.state <> 'queued'";
    if (owner) { sql += " AND owner = ?"; }
    auto statement = state_->database->prepare(sql + " ORDER BY living.id LIMIT ?");
    if (!statement) { return statement.error(); }
    if (owner) { statement->bind(std::string_view(*owner)); }
    statement->bind(std::uint64_t{limit});
    std::vector<HeldTask> found;
    while (true) {
        auto row = statement->step();
        if (!row) { return row.error(); }
        if (!*row) { return found; }
        HeldTask& task = found.emplace_back();
        task.id = read_id(*statement);
        task.group = read_id(*statement);
        task.name = statement->text();
        task.worker = statement->text();
        const auto state = parse_task_state(statement->text());
        if (!state) { return Error{ErrorCode::corrupt, "ledger: " + state.error().message}; }
        task.state = *state;
    }
}

// From the newest task to the first in line: what has been kept for years is older than that.
Result<WaitingLine> LedgerReader::waiting(const std::optional<std::string>& owner) {
    if (auto begun = begin(); !begun) { return begun.error(); }
    auto line = read_line(owner);
    if (auto ended = end(); !ended) { return ended.error(); }
    return line;
}

Result<WaitingLine> LedgerReader::read_line(const std::optional<std::string>& owner) {
    const auto counted = counts();
    if (!counted) { return counted.error(); }
    auto statement = state_->database->prepare(
        "SELECT task_rows.id, owner, task_group FROM task_rows CROSS JOIN task_heads USING (head) "
        "LEFT JOIN living ON living.id = task_rows.id WHERE 1" +
        std::string(kIsQueued) + " ORDER BY task_rows.id DESC");
    if (!statement) { return statement.error(); }
    WaitingLine line;
    line.queued = counted->queued;
    std::unordered_map<TaskId, std::size_t> job_of;  // by group
    for (std::uint64_t seen = 0; seen < std::min(line.queued, kLineMax); ++seen) {
        auto row = statement->step();
        if (!row) { return row.error(); }
        if (!*row) { break; }
        const TaskId id = read_id(*statement);
        const std::string whose = statement->text();
        const TaskId group = read_id(*statement);
        if (owner && whose != *owner) { continue; }
        ++line.own;
        const auto known = group == TaskId{} ? job_of.end() : job_of.find(group);
        if (known == job_of.end() && group != TaskId{}) { job_of.emplace(group, line.jobs.size()); }
        WaitingJob& job = known == job_of.end() ? line.jobs.emplace_back() : line.jobs[known->second];
        job = {.first = id, .group = group, .tasks = job.tasks + 1, .place = line.queued - 1 - seen};
    }
    std::sort(line.jobs.begin(), line.jobs.end(),
              [](const WaitingJob& one, const WaitingJob& other) { return one.place < other.place; });
    return line;
}

Result<std::uint64_t> LedgerReader::place_in_line(const TaskId& id) {
    const std::string from = "FROM task_rows LEFT JOIN living USING (id) WHERE task_rows.id ";
    const auto count = [&](const std::string& sql) -> Result<std::uint64_t> {
        auto statement = state_->database->prepare(sql);
        if (!statement) { return statement.error(); }
        bind_id(*statement, id);
        auto row = statement->step();
        if (!row) { return row.error(); }
        return number_in(*statement);
    };
    // Behind a task are mostly others that wait, before it all that was ever kept.
    const std::string queued =
        "(SELECT tasks - ends FROM totals) - (SELECT count(*) FROM living WHERE state <> 'queued')";
    const auto behind = count("SELECT count(*) FROM (SELECT 1 " + from + ">= ?" + std::string(kIsQueued) +
                              " LIMIT " + std::to_string(kCountedMax) + ")");
    if (!behind) { return behind.error(); }
    if (*behind == kCountedMax) { return count("SELECT count(*) " + from + "< ?" + std::string(kIsQueued)); }
    return count("SELECT max(0, " + queued + " - (SELECT count(*) " + from + ">= ?" + std::string(kIsQueued) +
                 "))");
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
