#include "store/task_rows.hpp"

namespace nias::store {

void bind_task(Statement& statement, const TaskRecord& record) {
    const Task& task = record.task;
    bind_id(statement, task.id);
    statement.bind(std::string_view(task.owner)).bind(std::string_view(record.client));
    statement.bind(std::string_view(task.spec.name)).bind(std::string_view(task.spec.runtime));
    statement.bind(task.spec.resources.cpus).bind(task.spec.resources.gpus).bind(task.spec.resources.memory_bytes);
    statement.bind(task.spec.time_limit_ms).bind(task.spec.priority).bind(task.spec.max_attempts);
    statement.bind(std::span<const std::uint8_t>(task.payload));
    bind_blob(statement, task.bundle);
    statement.bind(to_string(record.state)).bind(task.attempt);
    statement.bind(std::string_view(record.worker)).bind(std::string_view(record.reason));
    statement.bind(record.submitted_unix_ms).bind(record.started_unix_ms).bind(record.ended_unix_ms);
}

Result<TaskRecord> read_task(Statement& statement) {
    TaskRecord record;
    Task& task = record.task;
    task.id = read_id(statement);
    task.owner = statement.text();
    record.client = statement.text();
    task.spec.name = statement.text();
    task.spec.runtime = statement.text();
    task.spec.resources.cpus = static_cast<std::uint32_t>(statement.integer());
    task.spec.resources.gpus = static_cast<std::uint32_t>(statement.integer());
    task.spec.resources.memory_bytes = static_cast<std::uint64_t>(statement.integer());
    task.spec.time_limit_ms = static_cast<std::uint64_t>(statement.integer());
    task.spec.priority = static_cast<std::int32_t>(statement.integer());
    task.spec.max_attempts = static_cast<std::uint32_t>(statement.integer());
    task.payload = statement.bytes();
    task.bundle = read_blob(statement);
    auto state = parse_task_state(statement.text());
    if (!state) { return Error{ErrorCode::corrupt, "ledger: task " + to_string(task.id) + ": " + state.error().message}; }
    record.state = *state;
    task.attempt = static_cast<Attempt>(statement.integer());
    record.worker = statement.text();
    record.reason = statement.text();
    record.submitted_unix_ms = statement.integer();
    record.started_unix_ms = statement.integer();
    record.ended_unix_ms = statement.integer();
    return record;
}

Result<TaskFinder> TaskFinder::prepare(Database& database) {
    auto task = database.prepare("SELECT " + std::string(kTaskColumns) + " FROM tasks WHERE id = ?");
    if (!task) { return task.error(); }
    auto end = database.prepare("SELECT attempt, " + std::string(kOutcomeColumns) + " FROM ends WHERE id = ?");
    if (!end) { return end.error(); }
    return TaskFinder(std::move(*task), std::move(*end));
}

Result<std::optional<TaskRecord>> TaskFinder::find(const TaskId& id) {
    bind_id(task_.begin(), id);
    auto row = task_.step();
    if (!row) { return row.error(); }
    if (!*row) { return std::optional<TaskRecord>(); }
    auto record = read_task(task_);
    task_.begin();
    if (!record) { return record.error(); }
    if (has_ended(record->state)) {
        bind_id(end_.begin(), id);
        auto end = end_.step();
        if (!end) { return end.error(); }
        if (*end) {
            Outcome& outcome = record->outcome.emplace();
            outcome.id = id;
            outcome.attempt = static_cast<Attempt>(end_.integer());
            read_outcome(end_, outcome);
        }
        end_.begin();
    }
    return std::optional<TaskRecord>(std::move(*record));
}

}  // namespace nias::store
