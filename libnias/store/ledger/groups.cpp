// Many tasks as the ledger's readers see them: groups as a whole and task by task, and the tasks of an owner.
#include <algorithm>

#include "store/forgotten/forgotten.hpp"
#include "store/ledger/reader_state.hpp"

namespace nias::store {
namespace {

/// The rows of a group with the head of each one's end, or where it lives: those that were forgotten, or the
/// others.
std::string members_where(bool forgotten) {
    return std::string(
               " FROM group_rows LEFT JOIN end_rows ON end_rows.id = group_rows.id "
               "LEFT JOIN end_heads ON end_heads.head = end_rows.head "
               "LEFT JOIN living ON living.id = group_rows.id AND end_rows.id IS NULL "
               "WHERE group_rows.task_group = ? AND ") +
           (forgotten ? "" : "NOT ") + "EXISTS (SELECT 1 FROM forgotten WHERE forgotten.id = group_rows.id)";
}
constexpr std::string_view kStands = "coalesce(end_heads.state, living.state, 'queued')";
/// When its program began. A task that ended without an outcome has a zero there.
constexpr std::string_view kStarted = "coalesce(end_heads.started, living.started, 0)";
/// The worker's clock where the worker told of the end, so that the clocks of two machines are not mixed.
constexpr std::string_view kEnded =
    "coalesce(CASE WHEN end_heads.started > 0 THEN end_heads.ended ELSE end_heads.at END, 0)";

Result<TaskState> read_state(Statement& statement) {
    auto state = parse_task_state(statement.text());
    if (!state) { return Error{ErrorCode::corrupt, "ledger: " + state.error().message}; }
    return state;
}

bool is_of_stem(const TaskId& id, const TaskId& stem) { return stem.member(id.index()) == id; }

}  // namespace

Result<GroupStanding> LedgerReader::standing_of(const TaskId& group, bool forgotten) {
    auto statement = state_->database->prepare(
        "SELECT " + std::string(kStands) + " AS stands, count(*), coalesce(min(nullif(" +
        std::string(kStarted) + ", 0)), 0), max(" + std::string(kEnded) + ")" + members_where(forgotten) +
        " GROUP BY stands");
    if (!statement) { return statement.error(); }
    bind_id(*statement, group);
    GroupStanding standing;
    while (true) {
        auto row = statement->step();
        if (!row) { return row.error(); }
        if (!*row) { return standing; }
        const auto state = read_state(*statement);
        if (!state) { return state.error(); }
        standing.counts.tasks.at(static_cast<std::size_t>(*state)) =
            static_cast<std::uint64_t>(statement->integer());
        const std::int64_t started = statement->integer();
        const std::int64_t first = standing.started_unix_ms;
        if (started != 0) { standing.started_unix_ms = first == 0 ? started : std::min(first, started); }
        standing.ended_unix_ms = std::max(standing.ended_unix_ms, statement->integer());
    }
}

Result<GroupCounts> LedgerReader::counts_of(const TaskId& group) {
    auto standing = standing_of(group);
    if (!standing) { return standing.error(); }
    return standing->counts;
}

Result<std::vector<MemberRow>> LedgerReader::members(const MemberQuery& query) {
    std::string sql = "SELECT group_rows.id, " + std::string(kStands) +
                      ", coalesce(end_heads.attempt, living.attempt, 1), "
                      "coalesce(end_heads.by_worker, living.worker, ''), "
                      "coalesce(end_heads.reason, living.reason, ''), " +
                      std::string(kStarted) + ", " + std::string(kEnded) +
                      ", end_heads.output_blob, coalesce(end_heads.output_bytes, 0)" +
                      members_where(query.forgotten);
    if (query.state) { sql += " AND " + std::string(kStands) + " = ?"; }
    if (query.after) { sql += " AND group_rows.id > ?"; }
    sql += " ORDER BY group_rows.id LIMIT ?";
    auto statement = state_->database->prepare(sql);
    if (!statement) { return statement.error(); }
    bind_id(*statement, query.group);
    if (query.state) { statement->bind(to_string(*query.state)); }
    if (query.after) { bind_id(*statement, *query.after); }
    statement->bind(std::uint64_t{query.limit});
    std::vector<MemberRow> found;
    while (true) {
        auto row = statement->step();
        if (!row) { return row.error(); }
        if (!*row) { return found; }
        MemberRow& member = found.emplace_back();
        member.id = read_id(*statement);
        const auto state = read_state(*statement);
        if (!state) { return state.error(); }
        member.state = *state;
        member.attempt = static_cast<Attempt>(statement->integer());
        member.worker = statement->text();
        member.reason = statement->text();
        member.started_unix_ms = statement->integer();
        member.ended_unix_ms = statement->integer();
        member.output = read_blob(*statement);
    }
}

TaskState state_of(const GroupCounts& counts) {
    using enum TaskState;
    const std::uint64_t waits = counts.in(queued);
    if (counts.in(running) + counts.in(assigned) > 0) { return running; }
    if (waits > 0) { return waits == counts.all() ? queued : running; }
    for (const TaskState state : {failed, timed_out, lost, cancelled}) {
        if (counts.in(state) > 0) { return state; }
    }
    return counts.all() > 0 ? succeeded : queued;
}

TaskId page_end(const Task& last) {
    const bool in_stem = last.group != TaskId{};
    return in_stem ? last.id.member(0) : last.id;
}

// Neighbours in the order of ids are mostly tasks of one group, so that a page of arrays skips nearly all
// rows. It reads one row after a group, and twice as many each time that no group comes.
Result<std::vector<TaskRecord>> LedgerReader::list_groups_once(const ListQuery& query) {
    auto stem = state_->database->prepare(
        "SELECT EXISTS (SELECT 1 FROM group_rows WHERE task_group = ? AND id >= ? AND id < ?)");
    if (!stem) { return stem.error(); }
    std::vector<TaskRecord> found;
    ListQuery rows = query;
    rows.limit = 1;
    while (found.size() < query.limit) {
        auto records = list(rows);
        if (!records) { return records.error(); }
        bool skips = false;
        for (TaskRecord& record : *records) {
            const Task& task = record.task;
            rows.before = page_end(task);
            skips = task.group != TaskId{};
            bool stands_elsewhere = false;
            if (skips && !is_of_stem(task.id, task.group)) {
                bind_id(stem->begin(), task.group);
                bind_id(*stem, task.group.member(0));
                bind_id(*stem, task.group);
                auto row = stem->step();
                if (!row) { return row.error(); }
                stands_elsewhere = stem->integer() != 0;
            }
            if (!stands_elsewhere) { found.push_back(std::move(record)); }
            if (skips || found.size() == query.limit) { break; }
        }
        if (!skips && records->size() < rows.limit) { break; }
        rows.limit = skips ? 1 : std::min(2 * rows.limit, query.limit);
    }
    return found;
}

Result<std::vector<OwnerUsage>> LedgerReader::usage() { return read_usage(*state_->database); }

Result<std::vector<TaskId>> LedgerReader::ended_before(std::int64_t unix_ms, std::size_t limit) {
    return read_ended_before(*state_->database, unix_ms, limit);
}

Result<bool> LedgerReader::has_sent(const std::string& owner, const BlobHash& bundle) {
    return owner_has_bundle(*state_->database, owner, bundle);
}

}  // namespace nias::store
