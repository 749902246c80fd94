/// GNU Octave: code.m. Used by runtimes.
#pragma once

#include <memory>
#include <string>

#include "worker/runtime/runtime.hpp"

namespace nias::worker {

/// Asks octave-cli at `path` what it is; an empty path is sought in the system's folders.
[[nodiscard]] Result<std::shared_ptr<const Runtime>> find_octave(const std::string& path,
                                                                 const InterpreterPlace& place = {});

}  // namespace nias::worker
