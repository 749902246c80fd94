/// The client's side of one transfer: when to ask, when to ask again, what counts, and when it is over.
/// Pure. Used by service/bulk/client; driven by tests and tests/sim.
#pragma once

#include <optional>
#include <string>

#include "core/transfer/windows.hpp"

namespace nias::core {

/// The silence after which a client asks again. It also lets a client go on after the sink was restarted.
inline constexpr Duration kAskAgain = std::chrono::seconds(1);

/// A blob to the sink.
class Put {
public:
    /// `unnamed`: the sink is to name it, and the hash is a random number that stands for it until then.
    explicit Put(const BlobRef& blob, std::size_t chunk_bytes = wire::kChunkBytes, bool unnamed = false)
        : blob_(blob), window_(blob.size_bytes, chunk_bytes), unnamed_(unnamed) {}

    /// An Offer, where one is due: at first, and after a silence.
    [[nodiscard]] std::optional<wire::Offer> ask(Time now);
    void on(const wire::Grant& grant, Time now);
    void on(const wire::Stored& stored);
    void on(const wire::BulkRefused& refused);
    /// The next piece that may be sent, if there is one.
    [[nodiscard]] std::optional<SendWindow::Piece> next() const { return window_.next(); }
    void sent(const SendWindow::Piece& piece) { window_.sent(piece); }

    [[nodiscard]] bool stored() const noexcept { return stored_; }
    /// The name of the stored blob. Only once it is stored.
    [[nodiscard]] const BlobHash& name() const noexcept { return unnamed_ ? named_ : blob_.hash; }
    /// Whether the name must be compared with the hash of the bytes sent. Only once it is stored.
    [[nodiscard]] bool is_unsure() const noexcept { return resumed_; }
    [[nodiscard]] const std::string& refusal() const noexcept { return refusal_; }  ///< empty: none

private:
    BlobRef blob_;
    SendWindow window_;
    std::optional<Time> heard_;
    bool asked_ = false;  ///< the next Grant says where to go on
    bool unnamed_ = false;
    bool stored_ = false;
    BlobHash named_;
    bool resumed_ = false;
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
    [[nodiscard]] bool accept(const wire::Chunk& chunk, Time now);
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
