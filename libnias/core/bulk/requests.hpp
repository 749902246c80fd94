/// The client's side of one transfer: when to ask, when to ask again, what counts, and when it is over.
/// Pure. Used by service/bulk_client; driven by tests and tests/sim.
#pragma once

#include <optional>
#include <string>

#include "core/transfer.hpp"

namespace nias::core {

/// Of silence; then a client asks again. Also what makes it go on after the sink was restarted.
inline constexpr Duration kAskAgain = std::chrono::seconds(1);

/// A blob to the sink.
class Put {
public:
    explicit Put(const BlobRef& blob, std::size_t chunk_bytes = wire::kChunkBytes)
        : blob_(blob), window_(blob.size_bytes, chunk_bytes) {}

    /// An Offer, where one is due: at first, and after a silence.
    [[nodiscard]] std::optional<wire::Offer> ask(Time now);
    void on(const wire::Grant& grant, Time now);
    void on(const wire::Stored& stored) { stored_ = stored_ || stored.hash == blob_.hash; }
    void on(const wire::BulkRefused& refused);
    /// What may be sent, if anything.
    [[nodiscard]] std::optional<SendWindow::Piece> next() const { return window_.next(); }
    void sent(const SendWindow::Piece& piece) { window_.sent(piece); }

    [[nodiscard]] bool stored() const noexcept { return stored_; }
    [[nodiscard]] const std::string& refusal() const noexcept { return refusal_; }  ///< empty: none

private:
    BlobRef blob_;
    SendWindow window_;
    std::optional<Time> heard_;
    bool asked_ = false;  ///< the next Grant says where to go on
    bool stored_ = false;
    std::string refusal_;
};

/// A blob from the sink.
class Fetch {
public:
    explicit Fetch(const BlobRef& blob, WindowBounds bounds = {})
        : hash_(blob.hash), window_(blob.hash, blob.size_bytes, bounds) {}

    /// A Get, where one is due: at first, and after a silence. It names what has not come.
    [[nodiscard]] std::optional<wire::Get> ask(Time now);
    /// True: append its bytes.
    [[nodiscard]] bool take(const wire::Chunk& chunk, Time now);
    void on(const wire::BulkRefused& refused);
    /// More credit, where it is due.
    [[nodiscard]] std::optional<wire::Grant> grant(Time now) { return window_.due(now); }

    [[nodiscard]] bool whole() const noexcept { return window_.whole(); }
    [[nodiscard]] const std::string& refusal() const noexcept { return refusal_; }  ///< empty: none

private:
    BlobHash hash_;
    ReceiveWindow window_;
    std::optional<Time> heard_;
    std::string refusal_;
};

}  // namespace nias::core
