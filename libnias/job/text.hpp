/// Text and names as other systems write them: other encodings, accents in two characters. Pure; any thread.
/// Used by every room of job.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nias/result.hpp>

namespace nias::job {

[[nodiscard]] bool is_utf8(std::string_view text);

/// The same UTF-8 text with each accent and its letter as one character (NFC), as a keyboard types it.
/// Text that is not UTF-8 comes back unchanged.
[[nodiscard]] std::string composed(std::string_view text);

/// The 8-bit encodings that Windows uses in Portuguese: 850 is that of its zips, 1252 that of its editors.
enum class CodePage { page850, page1252 };

[[nodiscard]] std::string from_code_page(std::string_view bytes, CodePage page);

/// The page in which these names, all written by one program, read most like words. 850 where both do.
[[nodiscard]] CodePage likely_code_page(const std::vector<std::string_view>& names);

struct DecodedText {
    std::string text;      ///< UTF-8 without a byte-order mark
    std::string encoding;  ///< "UTF-16" or "Windows-1252" where it was not UTF-8; else empty
};

/// A text file in UTF-8, UTF-16 (with or without its mark) or Windows-1252. `invalid`: it is no text.
[[nodiscard]] Result<DecodedText> decode_text(std::string_view bytes);

/// At most `most` bytes of the text, never half a character, with "…" where something was cut off.
[[nodiscard]] std::string shown(std::string_view text, std::size_t most = 100);

/// The same text with A–Z as a–z.
[[nodiscard]] std::string lower_case(std::string_view text);

/// «1 name», «3 names».
[[nodiscard]] std::string counted(std::size_t count, const std::string& one);

}  // namespace nias::job
