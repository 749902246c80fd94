/// Finds the error in what a program said last. Used by the runtimes and env. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nias::worker {

/// Lines of at most 1 KiB, without control characters and without the blank ones; `\r` ends a line too.
[[nodiscard]] std::vector<std::string> said_lines(std::string_view said);
/// The last line that is not blank; empty where nothing was said.
[[nodiscard]] std::string last_line(std::string_view said);
/// The line of Octave's trace that names the error, else the last line.
[[nodiscard]] std::string octave_error(std::string_view said);

}  // namespace nias::worker
