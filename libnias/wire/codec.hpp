/// Encodes and decodes wire messages: msgpack `[version, type, body]`. The only user of msgpack.
/// Used by net's callers in service and by tests. Pure functions; nothing is thrown past here.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "wire/messages.hpp"

namespace nias::wire {

/// Frame of a message. The caller keeps within limits.hpp; the receiver refuses what is past them.
[[nodiscard]] Bytes encode(const Message& message);
/// Frame of an Events message with these events, which stay where they are.
[[nodiscard]] Bytes encode_events(std::uint64_t epoch, std::uint64_t first_seq, std::span<const Event* const> events);

/// The message in a frame, or `invalid` with what is wrong. Bounded: never allocates more than a small
/// multiple of the frame, whatever the frame claims.
[[nodiscard]] Result<Message> decode(std::span<const std::uint8_t> frame);

/// Name of the message's type, as docs/protocol.md spells it.
[[nodiscard]] std::string_view name_of(const Message& message) noexcept;

}  // namespace nias::wire
