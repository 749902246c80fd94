/// Which addresses a socket may have, and which of them leave the host. Used by net and, for what is typed,
/// by daemon. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nias/result.hpp>

namespace nias::net {

struct TcpAddress {
    std::string host;  ///< as written, with the brackets of IPv6
    std::uint16_t port = 0;
};

/// `tcp://HOST:PORT`; nullopt: of another form. HOST is letters, digits, `.`, `-`, `*`, or IPv6 in brackets.
[[nodiscard]] std::optional<TcpAddress> parse_tcp(std::string_view endpoint);
/// 127.x.y.z, `localhost`, `[::1]`. Of a name nothing else is known, so it leaves the host.
[[nodiscard]] bool is_loopback(std::string_view host);
/// TCP beyond the loopback.
[[nodiscard]] bool leaves_host(std::string_view endpoint);
/// `invalid`, in words: not an address, too long, or one that leaves the host without keys (promise A9).
[[nodiscard]] Status judge(const std::string& endpoint, bool has_keys);

/// The port at the end of `tcp://ADDRESS:PORT`; 0: it has none.
[[nodiscard]] std::uint16_t port_of(const std::string& endpoint);

}  // namespace nias::net
