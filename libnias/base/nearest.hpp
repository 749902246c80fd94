/// Finds the known word that a mistyped one probably means. Used by job for the keys of nias.toml and by
/// daemon for those of configuration files. Pure.
#pragma once

#include <span>
#include <string_view>

namespace nias {

/// The word of `known` that is at most two letters away from `written`, and fewer than half of its own. Of
/// words that are equally near the first one. Empty: none is near, or `written` is longer than 24 bytes.
[[nodiscard]] std::string_view nearest_word(std::string_view written,
                                            std::span<const std::string_view> known);

}  // namespace nias
