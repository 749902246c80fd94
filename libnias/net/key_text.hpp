/// The text of key files and of a server's list of peers (docs/storage.md). Private to net's key files; the
/// text is somebody else's until it is judged here. Pure, but for libzmq's arithmetic.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nias/keys.hpp>

namespace nias::net {

inline constexpr std::size_t kKeyFileBytesMax = 8192;
inline constexpr std::size_t kPeersMax = 4096;
inline constexpr std::size_t kPeersBytesMax = 1U << 20U;
inline constexpr std::size_t kPeerNameMax = 64;
inline constexpr std::size_t kKeyLetters = 40;  ///< of 32 bytes in Z85

/// 1 to 64 letters, digits, `.`, `_`, `-`; a letter, digit or `_` in front.
[[nodiscard]] bool is_peer_name(std::string_view name);

/// `invalid`: the line, and what is wrong with it. What is read is consistent: the public key is that of the
/// secret one.
[[nodiscard]] Result<Keys> parse_keys(std::string_view text);
[[nodiscard]] std::string text_of(const Keys& keys);

/// `invalid`: the line, and what is wrong with it. In the order of the text; names and keys are there once.
[[nodiscard]] Result<std::vector<Peer>> parse_peers(std::string_view text);
[[nodiscard]] std::string text_of(const std::vector<Peer>& peers);

}  // namespace nias::net
