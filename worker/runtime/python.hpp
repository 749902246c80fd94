/// Python: code.py. Used by runtimes.
#pragma once

#include <memory>
#include <string>

#include "worker/runtime/runtime.hpp"

namespace nias::worker {

/// Asks the interpreter at `path`, which must be absolute, what it is.
[[nodiscard]] Result<std::shared_ptr<const Runtime>> find_python(const std::string& path,
                                                                 const InterpreterPlace& place = {});

}  // namespace nias::worker
