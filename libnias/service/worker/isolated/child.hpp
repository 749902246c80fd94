/// The life of a handler's process: one task, the handler, its outcome. What the handler asks of its Context
/// is asked of the worker through the port. Runs in processes that the zygote forks, and nowhere else.
#pragma once

#include <nias/worker.hpp>

#include "base/host/descriptor.hpp"

namespace nias::service {

/// Receives a task, handles it, tells the outcome, and ends the process. An exception that passes by ends it
/// too, as a crash does.
[[noreturn]] void run_attempt(Descriptor socket, const Worker::JobHandler& handler) noexcept;

}  // namespace nias::service
