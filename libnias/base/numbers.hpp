/// Reads numbers out of texts. Used by every layer; pure.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>
#include <system_error>

namespace nias {

/// The whole text as one number of the type: no sign that the type lacks, no blank, nothing behind it, and
/// within the type's range. Otherwise nothing.
template <std::integral T>
[[nodiscard]] std::optional<T> whole_number(std::string_view text, int base = 10) {
    T out{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
    if (error != std::errc{} || end != text.data() + text.size()) { return std::nullopt; }
    return out;
}

}  // namespace nias
