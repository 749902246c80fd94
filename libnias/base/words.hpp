/// Texts that are cut, and amounts as people read them: the one home of both. Used by every layer; pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace nias {

/// The longest beginning of a UTF-8 text that has at most `most` bytes and ends with a whole character. Of a
/// text that is not UTF-8 it may be shorter by the bytes that only look like the inside of a character.
[[nodiscard]] std::string_view cut_utf8(std::string_view text, std::size_t most);

/// Bytes in the largest unit of which there is one, powers of 1024: "512 B", "4 GiB", "12.5 MiB".
[[nodiscard]] std::string size_in_words(std::uint64_t bytes);

/// Milliseconds in the two largest units that matter: "850 ms", "2.5 s", "5 min 3 s", "24 h".
[[nodiscard]] std::string time_in_words(std::uint64_t ms);

}  // namespace nias
