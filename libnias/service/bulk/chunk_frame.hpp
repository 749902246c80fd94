/// A Chunk's frame whose data is read straight into it. Used by both ends of the bulk channel.
#pragma once

#include <algorithm>
#include <cstdint>

#include "net/socket.hpp"
#include "wire/codec/codec.hpp"

namespace nias::service {

/// `fill` is given the room for `length` bytes of data before it returns.
template <typename Fill>
[[nodiscard]] net::Frame chunk_frame(const BlobRef& blob, std::uint64_t offset, std::size_t length,
                                     Fill fill) {
    const Bytes head =
        wire::encode_chunk_head(blob.hash, offset, blob.size_bytes, static_cast<std::uint32_t>(length));
    net::Frame frame(head.size() + length);
    std::copy(head.begin(), head.end(), frame.bytes().begin());
    fill(frame.bytes().subspan(head.size()));
    return frame;
}

}  // namespace nias::service
