/// Rows of `tasks`, `living` and `ends` as TaskRecords: shared by the ledger's two sides. Private to the
/// store.
#pragma once

#include <optional>

#include "store/database.hpp"
#include "store/ledger.hpp"

namespace nias::store {

inline constexpr std::string_view kTaskColumns =
    "id, owner, client, name, runtime, cpus, gpus, memory_bytes, time_limit_ms, priority, max_attempts, "
    "payload, "
    "bundle, bundle_bytes, submitted, counted";
inline constexpr std::size_t kTaskColumnCount = 16;
void bind_task(Statement& statement, const Task& task, std::string_view client,
               std::int64_t submitted_unix_ms);
[[nodiscard]] TaskRecord read_task(Statement& statement);

/// Where a living task stands; read into a record that read_task() filled.
inline constexpr std::string_view kLivingColumns = "state, attempt, worker, reason, started";
[[nodiscard]] Status read_living(Statement& statement, TaskRecord& record);

inline constexpr std::string_view kEndColumns = "state, attempt, by_worker, reason, at, told";
inline constexpr std::size_t kEndColumnCount = 7 + kOutcomeColumnCount;  ///< with the id and the outcome's

/// Finds one task with its outcome. Each side of the ledger owns one.
class TaskFinder {
public:
    static Result<TaskFinder> prepare(Database& database);
    [[nodiscard]] Result<std::optional<TaskRecord>> find(const TaskId& id);

private:
    TaskFinder(Statement task, Statement living, Statement end)
        : task_(std::move(task)), living_(std::move(living)), end_(std::move(end)) {}
    [[nodiscard]] Result<bool> find_end(TaskRecord& record);
    Statement task_;
    Statement living_;
    Statement end_;
};

}  // namespace nias::store
