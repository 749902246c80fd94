/// R, found on this machine: Rscript. Used by runtimes.
#pragma once

#include <memory>
#include <string>

#include <nias/result.hpp>

#include "worker/runtime/runtime.hpp"

namespace nias::worker {

/// Rscript at this path; empty: sought in the system's folders. `not_found`: there is none.
[[nodiscard]] Result<std::shared_ptr<const Runtime>> find_r(const std::string& path,
                                                            const InterpreterPlace& place = {});

}  // namespace nias::worker
