/// Rows of `tasks`, `living` and `ends` as TaskRecords: shared by the ledger's two sides. Private to the
/// store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "store/ledger/kept_outputs.hpp"
#include "store/ledger/ledger.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/outcome_rows.hpp"

namespace nias::store {

inline constexpr std::string_view kTaskColumns =
    "id, owner, client, name, runtime, cpus, gpus, memory_bytes, time_limit_ms, priority, max_attempts, "
    "payload, "
    "bundle, bundle_bytes, submitted, counted, lease_s, task_group, group_size, max_failures, request";
[[nodiscard]] TaskRecord read_task(Statement& statement);

/// Where a living task stands; read into a record that read_task() filled.
inline constexpr std::string_view kLivingColumns =
    "state, attempt, worker, reason, started, issued, failures, open";
/// The column `open`: numbers with a blank between them.
[[nodiscard]] std::string words_of_attempts(const std::vector<Attempt>& attempts);
[[nodiscard]] Status read_living(Statement& statement, TaskRecord& record);

inline constexpr std::string_view kEndColumns = "state, attempt, by_worker, reason, at, told";

/// The heads of tasks and of ends, in the order of their columns. They view what is the caller's.
inline constexpr std::string_view kTaskHeadColumns =
    "owner, client, name, runtime, cpus, gpus, memory_bytes, time_limit_ms, priority, max_attempts, bundle, "
    "bundle_bytes, counted, lease_s, task_group, group_size, max_failures, request";
using TaskHead = std::tuple<std::string_view, std::string_view, std::string_view, std::string_view,
                            std::uint32_t, std::uint32_t, std::uint64_t, std::uint64_t, std::int32_t,
                            std::uint32_t, std::optional<BlobRef>, std::string, std::uint32_t,
                            std::optional<TaskId>, std::uint32_t, std::uint32_t, std::string_view>;
[[nodiscard]] TaskHead task_head(const Task& task, std::string_view client);
/// kEndColumns, then those of an outcome's head.
using EndHead =
    decltype(std::tuple_cat(std::declval<std::tuple<std::string_view, Attempt, std::string_view,
                                                    std::string_view, std::int64_t, std::int32_t>>(),
                            std::declval<OutcomeHead>()));
/// How the outcome of an end is kept: column `told`.
enum class Told : std::uint8_t {
    nothing = 0,    ///< the task ended without one
    whole = 1,      ///< in the ledger
    by_results = 2  ///< in the ledger without its output, which results.db has
};
[[nodiscard]] EndHead end_head(const EndedTasks& ends, Told told);

/// Finds one task with its outcome. Each side of the ledger owns one.
class TaskFinder {
public:
    static Result<TaskFinder> prepare(Database& database, const std::string& data_dir);
    [[nodiscard]] Result<std::optional<TaskRecord>> find(const TaskId& id);

private:
    TaskFinder(Statement task, Statement living, Statement end, const std::string& data_dir)
        : task_(std::move(task)), living_(std::move(living)), end_(std::move(end)), outputs_(data_dir) {}
    [[nodiscard]] Result<bool> find_end(TaskRecord& record);
    Statement task_;
    Statement living_;
    Statement end_;
    KeptOutputs outputs_;
};

}  // namespace nias::store
