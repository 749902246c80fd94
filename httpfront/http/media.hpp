/// How a file is served: its type, and whether a browser may show it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace nias::httpfront {

/// The policy of files that researchers' programs made: whatever is in them runs nothing and loads nothing.
inline constexpr std::string_view kSandboxPolicy = "sandbox; default-src 'none'; frame-ancestors 'self'";

struct Media {
    std::string type;
    bool shown = false;  ///< false: only downloaded
};

/// Files that a researcher's program wrote: pictures and text are shown, what could act is not.
[[nodiscard]] Media output_media(std::string_view path);
/// Our own pages.
[[nodiscard]] std::string page_type(std::string_view path);
/// RFC 6266: `attachment; filename="…"; filename*=UTF-8''…`.
[[nodiscard]] std::string disposition(std::string_view kind, std::string_view file_name);

}  // namespace nias::httpfront
