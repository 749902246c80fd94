/// Where a program of the system lies. Used by the runtimes. Pure but for the look into the folders.
#pragma once

#include <string>

namespace nias::worker {

/// The path of an executable in the system's folders; empty: there is none.
[[nodiscard]] std::string path_of_program(const std::string& name);

}  // namespace nias::worker
