/// Rows of `tasks` and `ends` as TaskRecords: shared by the ledger's two sides. Private to the store.
#pragma once

#include <optional>

#include "store/database.hpp"
#include "store/ledger.hpp"

namespace nias::store {

inline constexpr std::string_view kTaskColumns =
    "id, owner, client, name, runtime, cpus, gpus, memory_bytes, time_limit_ms, priority, max_attempts, payload, "
    "bundle, bundle_bytes, state, attempt, worker, reason, submitted, started, ended";
void bind_task(Statement& statement, const TaskRecord& record);
[[nodiscard]] Result<TaskRecord> read_task(Statement& statement);

/// Finds one task with its outcome. Each side of the ledger owns one.
class TaskFinder {
public:
    static Result<TaskFinder> prepare(Database& database);
    [[nodiscard]] Result<std::optional<TaskRecord>> find(const TaskId& id);

private:
    TaskFinder(Statement task, Statement end) : task_(std::move(task)), end_(std::move(end)) {}
    Statement task_;
    Statement end_;
};

}  // namespace nias::store
