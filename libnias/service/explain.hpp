/// Asks the ventilator where a task stands and why it waits. For `nias explain`. A function that blocks its
/// caller; any thread.
#pragma once

#include <chrono>
#include <string>

#include <nias/task.hpp>

namespace nias::service {

/// A sentence, and below it a line for each attempt that was lost. `control`: the ventilator's address for
/// workers. `not_found`: it knows no such task. `unavailable`: it did not answer in time.
[[nodiscard]] Result<std::string> explain(const std::string& control, const TaskId& id,
                                          std::chrono::milliseconds patience);

}  // namespace nias::service
