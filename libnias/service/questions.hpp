/// The questions that people ask of the ventilator, over its control socket. For `nias explain`, `nias
/// workers` and `nias resume`. Functions that block their caller; any thread. `control` is its address for
/// workers; `unavailable`: it did not answer in time.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "wire/messages.hpp"

namespace nias::service {

/// Where a task stands: a sentence, and below it a line for each attempt that was lost. `not_found`: the
/// ventilator knows no such task.
[[nodiscard]] Result<std::string> explain(const std::string& control, const TaskId& id,
                                          std::chrono::milliseconds patience);

/// The workers, by name.
[[nodiscard]] Result<std::vector<wire::WorkerRow>> list_workers(const std::string& control,
                                                                std::chrono::milliseconds patience);

/// Gives a paused worker tasks again; the answer is why it was paused. `conflict`: it was not, or there is
/// none of that name; the sentence says which.
[[nodiscard]] Result<std::string> resume_worker(const std::string& control, const std::string& worker,
                                                std::chrono::milliseconds patience);

}  // namespace nias::service
