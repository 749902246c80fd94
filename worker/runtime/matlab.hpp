/// MATLAB, found on this machine. Used by runtimes.
#pragma once

#include <memory>
#include <string>

#include <nias/result.hpp>

#include "worker/runtime/runtime.hpp"

namespace nias::worker {

/// The `matlab` at this path; empty: the newest that is installed where MATLAB installs itself, or in the
/// system's folders. Its release and toolboxes are read from its files: to ask it would take a licence, and
/// half a minute. `licence`: where its licences are, a file or `port@host`; empty: MATLAB knows it by itself.
/// `not_found`: there is none.
[[nodiscard]] Result<std::shared_ptr<const Runtime>> find_matlab(const std::string& path,
                                                                 const std::string& licence);

}  // namespace nias::worker
