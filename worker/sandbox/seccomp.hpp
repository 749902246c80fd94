/// The system calls a job may not make. Used by bwrap. A function without state.
#pragma once

#include <string>

#include <nias/result.hpp>

namespace nias::worker {

/// The filter as BPF, in the form bubblewrap loads. A deny list: what it names fails with EPERM (clone3 with
/// ENOSYS, so that the C library falls back to clone, whose flags a filter can see); calls of another
/// architecture (32-bit, x32) end the process.
[[nodiscard]] Result<std::string> seccomp_program();

}  // namespace nias::worker
