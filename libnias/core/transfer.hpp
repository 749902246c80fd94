/// Decisions of the bulk channel: which chunk counts, and when the receiver grants more credit.
/// Pure. Used by service/bulk on both sides; credit is the receiver's (compare ZHTTP, RFC 33 of ZeroMQ).
#pragma once

#include <cstdint>
#include <optional>

#include "wire/limits.hpp"
#include "wire/messages.hpp"

namespace nias::core {

/// Receiver's side of one blob: chunks count in order; credit is an absolute offset that only rises.
class ReceiveWindow {
public:
    ReceiveWindow(const BlobHash& hash, std::uint64_t size_bytes,
                  std::uint64_t window = wire::kBulkWindowBytes)
        : hash_(hash), size_(size_bytes), window_(window) {}

    /// The first grant, and again after a silence: the sender goes on from what has been received.
    [[nodiscard]] wire::Grant restart();
    /// True: append these bytes. False: a repeat, a gap, or past the end; it changes nothing.
    [[nodiscard]] bool take(const wire::Chunk& chunk);
    /// More credit, once half the window has been used.
    [[nodiscard]] std::optional<wire::Grant> due();

    [[nodiscard]] std::uint64_t received() const noexcept { return received_; }
    [[nodiscard]] std::uint64_t size_bytes() const noexcept { return size_; }
    [[nodiscard]] bool whole() const noexcept { return received_ == size_; }

private:
    BlobHash hash_;
    std::uint64_t size_ = 0;
    std::uint64_t window_ = 0;
    std::uint64_t received_ = 0;
    std::uint64_t granted_ = 0;
};

/// Sender's side of one blob: never sends past the credit.
class SendWindow {
public:
    explicit SendWindow(std::uint64_t size_bytes) : size_(size_bytes) {}
    void on(const wire::Grant& grant, bool restart);
    /// Offset and length of the next chunk; nullopt: no credit, or all sent.
    struct Piece {
        std::uint64_t offset = 0;
        std::size_t length = 0;
    };
    [[nodiscard]] std::optional<Piece> next() const;
    void sent(const Piece& piece) { position_ = piece.offset + piece.length; }

private:
    std::uint64_t size_ = 0;
    std::uint64_t position_ = 0;
    std::uint64_t until_ = 0;
};

}  // namespace nias::core
