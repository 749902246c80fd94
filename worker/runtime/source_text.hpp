/// Sources in older encodings, made UTF-8 in the job's own copy. Used by octave and python.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nias/result.hpp>

namespace nias::worker {

/// Rewrites every file below `folder` whose name ends in `ending` and that is not UTF-8, or has a byte-order
/// mark; at most 4 MiB each. Links are not followed, and what is no text, or of which `as_it_is` says so of
/// its bytes, stays as it is. Gives a sentence an encoding, with the files.
[[nodiscard]] Result<std::vector<std::string>> read_sources_as_utf8(
    const std::string& folder, std::string_view ending, bool (*as_it_is)(std::string_view bytes) = nullptr);

}  // namespace nias::worker
