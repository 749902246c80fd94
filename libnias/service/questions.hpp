/// The questions and orders that people give to the ventilator, over its control socket. For `nias explain`,
/// `nias workers`, `nias pause`, `nias drain` and `nias resume`. Functions that block their caller; any
/// thread. `control` is its address for workers; `unavailable`: it did not answer in time.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "wire/limits.hpp"
#include "wire/messages.hpp"

namespace nias::service {

/// Where a task stands: a sentence, and below it a line for each attempt that was lost or failed.
/// `not_found`: the ventilator knows no such task.
[[nodiscard]] Result<std::string> explain(const std::string& control, const TaskId& id,
                                          std::chrono::milliseconds patience);

/// The workers, by name, and the ventilator's clock.
struct Roll {
    std::vector<wire::WorkerRow> workers;
    std::int64_t unix_ms = 0;
};
/// `all`: those that are gone or were refused as well, as far as the ventilator remembers them.
[[nodiscard]] Result<Roll> list_workers(const std::string& control, bool all,
                                        std::chrono::milliseconds patience);

/// Pauses, drains or resumes a worker; the answer says what that means for it. `conflict`: it cannot be
/// followed, and the sentence says why.
[[nodiscard]] Result<std::string> order_worker(const std::string& control, const wire::Order& order,
                                               std::chrono::milliseconds patience);

/// How long people can have a deleted job back, unless it is said otherwise.
inline constexpr std::uint32_t kForgetAfterS = 600;
/// Forgets ended tasks, or has them back, in as many messages as it takes; `ids` of `forget` may be many. The
/// answer has the lists of all. `conflict`: denied, and the sentence says why.
[[nodiscard]] Result<wire::Forgotten> forget_tasks(const std::string& control, const wire::Forget& forget,
                                                   std::chrono::milliseconds patience);

}  // namespace nias::service
