/// Windows of the bulk channel: which chunk counts, how much may be under way, and how far a sender may go.
/// Pure. Used by core/transfer on both sides; credit is the receiver's (compare ZHTTP, RFC 33 of ZeroMQ).
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock_types.hpp"
#include "wire/limits.hpp"
#include "wire/messages.hpp"

namespace nias::core {

/// The bytes that a receiver lets be under way, at first and at most.
struct WindowBounds {
    std::uint64_t first = wire::kBulkWindowBytes;
    std::uint64_t most = wire::kBulkWindowBytesMax;
};

/// Receiver's side of one blob: chunks count in order; credit is an absolute offset that only rises.
/// The window grows to what a sender can send in two round trips, for half of it is granted at a time: then
/// a sender on a fast or long link never waits for credit, and on a slow one little is under way.
class ReceiveWindow {
public:
    /// `received` is the number of bytes that an earlier life of the receiver has kept.
    ReceiveWindow(const BlobHash& hash, std::uint64_t size_bytes, WindowBounds bounds = {},
                  std::uint64_t received = 0)
        : hash_(hash),
          size_(size_bytes),
          bounds_(bounds),
          window_(bounds.first),
          received_(received),
          granted_(received) {}

    /// The first grant, and again after a silence: the sender goes on from what has been received.
    /// `most`: bytes that may be under way at once, where that is less than the window.
    [[nodiscard]] wire::Grant restart(Time now, std::uint64_t most = ~0ULL);
    /// True where these bytes are the next ones. False, and nothing changes, for a repeat, a gap or bytes
    /// past the credit.
    [[nodiscard]] bool accept(const wire::Chunk& chunk, Time now);
    /// More credit, once half the window has been used. Its `resume_at` is where the credit before it ended.
    [[nodiscard]] std::optional<wire::Grant> due(Time now, std::uint64_t most = ~0ULL);

    [[nodiscard]] std::uint64_t received() const noexcept { return received_; }
    [[nodiscard]] std::uint64_t granted() const noexcept { return granted_; }
    [[nodiscard]] std::uint64_t under_way() const noexcept { return granted_ - received_; }
    [[nodiscard]] std::uint64_t size_bytes() const noexcept { return size_; }
    [[nodiscard]] std::uint64_t window() const noexcept { return window_; }
    [[nodiscard]] bool whole() const noexcept { return received_ == size_; }

private:
    /// From a grant to the first byte that only it allowed: one round trip, or longer where the sender did
    /// not wait for it.
    struct Round {
        Time begun;
        std::uint64_t from = 0;   ///< bytes received when it began
        std::uint64_t until = 0;  ///< credit before the grant
        std::optional<Time> dry;  ///< time when the last byte of that credit came
    };
    void grow(const Round& round, Time now);

    BlobHash hash_;
    std::uint64_t size_ = 0;
    WindowBounds bounds_;
    std::uint64_t window_ = 0;
    std::uint64_t received_ = 0;
    std::uint64_t granted_ = 0;
    std::optional<Round> round_;
};

/// The sender's side of one blob, which never sends past its credit.
class SendWindow {
public:
    explicit SendWindow(std::uint64_t size_bytes, std::size_t chunk_bytes = wire::kChunkBytes)
        : size_(size_bytes), chunk_(chunk_bytes) {}
    void on(const wire::Grant& grant, bool restart);
    /// Offset and length of the next chunk; nothing without credit, or once all is sent.
    struct Piece {
        std::uint64_t offset = 0;
        std::size_t length = 0;
    };
    [[nodiscard]] std::optional<Piece> next() const;
    void sent(const Piece& piece) { position_ = piece.offset + piece.length; }

private:
    std::uint64_t size_ = 0;
    std::size_t chunk_ = 0;
    std::uint64_t position_ = 0;
    std::uint64_t until_ = 0;
};

}  // namespace nias::core
