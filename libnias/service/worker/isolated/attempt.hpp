/// One attempt in a process of its own, as the worker's side sees it: hands the task over, answers what the
/// handler asks for, ends what does not stop, and says how it ended. Used by service/worker; runs on the
/// executor's threads.
#pragma once

#include <chrono>
#include <memory>

#include <nias/worker.hpp>

#include "service/worker/isolated/zygote.hpp"

namespace nias::service {

/// A handler that runs the zygote's handler in a process of the attempt's own. One that is to stop, by
/// Context::cancelled(), is killed after `grace`.
[[nodiscard]] Worker::JobHandler isolated(std::shared_ptr<Zygote> zygote, std::chrono::milliseconds grace);

}  // namespace nias::service
