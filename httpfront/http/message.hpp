/// HTTP/1.1 requests as text: one framing only, refused where two readers could disagree (RFC 9112 §2–6).
/// Pure functions, for server and tests. Poco's own parser takes what these refuse, so it is not used here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "http/problem.hpp"

namespace nias::httpfront {

struct Request {
    std::string method{};
    std::string target{};  ///< the address as it was sent: path and query, encoded
    std::string path{};    ///< decoded; starts with `/`, has no `.` or `..` parts and no control character
    std::vector<std::pair<std::string, std::string>> query{};   ///< decoded
    std::vector<std::pair<std::string, std::string>> fields{};  ///< names in lower case
    std::string host{};
    bool keep_alive = true;
    bool chunked = false;
    bool expects_continue = false;
    std::optional<std::uint64_t> content_length{};

    // Filled by the server: from the connection, and from what a trusted proxy says (accounts/proxy.hpp).
    std::string peer{};    ///< the address at the other end of the connection, without a port
    std::string client{};  ///< the browser's address as far as is known: the peer's, or what the proxy says
    bool secure = false;   ///< the browser speaks HTTPS, to this server or to the proxy
    std::string id{};      ///< names it in logs and answers: made here, or by the proxy
    bool exposed = false;  ///< it crossed a network unencrypted, though this server speaks TLS

    [[nodiscard]] std::optional<std::string_view> field(std::string_view lower_name) const;
    [[nodiscard]] std::string_view parameter(
        std::string_view name) const;  ///< a parameter of the query; empty: none
    [[nodiscard]] bool has_body() const { return chunked || content_length.value_or(0) > 0; }
};

enum class Scan { more, complete, bad_line_end, too_large };

/// Looks for the end of the head in what has come so far. `seen` is kept between calls: bytes are looked at
/// once. `complete`: the head is the first `seen` bytes.
[[nodiscard]] Scan scan_head(std::string_view bytes, std::size_t& seen);

/// A whole head, its empty line included.
[[nodiscard]] std::variant<Request, Problem> parse_head(std::string_view head);

/// Whether a text may stand in a Host field: a name or an address, with or without a port.
[[nodiscard]] bool is_host(std::string_view text);

/// Percent-decoding; nullopt for a broken escape. `+` stays `+`.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);
[[nodiscard]] std::string percent_encode(std::string_view text);  ///< all but unreserved characters

[[nodiscard]] std::string lower(std::string_view text);
[[nodiscard]] std::string_view trim(std::string_view text);
/// Cuts to at most `max` bytes, never inside a UTF-8 character; other bytes stay as they are.

}  // namespace nias::httpfront
