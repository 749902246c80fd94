/// Text that others wrote, made fit for one line of a terminal or a log, measured in columns, and compared
/// without regard to capitals and accents. Used by the command line, by log and by the store. Pure; any
/// thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace nias {

/// The text on one line, with nothing in it that a terminal obeys: control characters, escapes, marks that
/// turn the direction of writing, invisible characters and bytes that are not UTF-8 are written out, like
/// `\n`, `\x1b`, `\u202e` and `\xff`. All else is unchanged.
[[nodiscard]] std::string visible(std::string_view text);

/// The same for text of several lines: a newline stays one, and `indent` spaces follow it, so that no line
/// but the first begins at the margin. A carriage return before a newline, and newlines at the end, go.
[[nodiscard]] std::string visible_lines(std::string_view text, std::size_t indent);

/// How many columns of a terminal the text takes: a wide character (CJK, most emoji) takes two, a combining
/// mark none. For text that visible() has made.
[[nodiscard]] std::size_t columns_of(std::string_view text);

/// The text as a string of JSON, in its quotes. What a terminal obeys or does not show is escaped, like
/// `\u202e`; a byte that is not UTF-8 becomes U+FFFD, because JSON has no way to say it.
[[nodiscard]] std::string json_text(std::string_view text);

/// The text for a search: every letter in one case, also of other alphabets, and Latin letters without their
/// accents. Two texts that differ in capitals and such accents only become the same; bytes that are not UTF-8
/// are unchanged.
[[nodiscard]] std::string plain_letters(std::string_view text);

}  // namespace nias
