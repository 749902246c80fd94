/// Sources in older encodings, made UTF-8 in the job's own copy. Used by octave.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nias/result.hpp>

namespace nias::worker {

struct Utf8 {
    std::string text;
    std::string_view from;  ///< the encoding it was in: "UTF-16", "Latin-1"
};

/// Nothing where `bytes` are UTF-8 without a byte-order mark already. UTF-16 is known by its mark; what is
/// not UTF-8 is read as Windows-1252, which holds Latin-1. A mark in front of UTF-8 is taken off.
[[nodiscard]] std::optional<Utf8> as_utf8(std::string_view bytes);

/// Rewrites every file below `folder` whose name ends in `ending` and that is not UTF-8; at most 4 MiB each.
/// Links are not followed. Gives a sentence an encoding, with the files.
[[nodiscard]] Result<std::vector<std::string>> read_sources_as_utf8(const std::string& folder,
                                                                    std::string_view ending);

}  // namespace nias::worker
