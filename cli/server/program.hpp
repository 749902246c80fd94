/// Runs a program that this one needs and waits for its end. Used by podman. A function without state.
#pragma once

#include <string>
#include <vector>

#include <nias/result.hpp>

namespace nias::cli {

/// Starts `argv`, sought in PATH where it has no `/`, with this process's environment and nothing to read,
/// and gives what it wrote to standard output, at most 1 MiB. `unavailable`: it cannot be started, or ends
/// with another code than 0; the message begins with its name and ends with the last line that it wrote to
/// standard error.
[[nodiscard]] Result<std::string> run_program(const std::vector<std::string>& argv);

}  // namespace nias::cli
