/// The sink's bulk channel: blobs in and out in chunks under credit, logs, progress. A loop on a thread of
/// its own, so that a large fsync never holds up outcomes. Used by service/sink only.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "core/transfer/uploads.hpp"
#include "net/socket.hpp"
#include "service/bulk/upload_files.hpp"
#include "service/dropped_frames.hpp"
#include "store/blobs/blobs.hpp"
#include "store/live/live_files.hpp"
#include "store/logs/logs.hpp"

namespace nias::service {

class BulkServer {
public:
    /// The addresses of both sockets, and those for other machines (`_too`; empty: none).
    struct Addresses {
        std::string bulk, bulk_too{}, output, output_too{};
    };

    /// Where blobs are kept, and whether logs are kept there too.
    struct Keeps {
        std::string folder;
        bool logs = true;
    };

    /// A server that keeps no blobs refuses offers and gets in words. One that keeps no logs publishes them
    /// all the same.
    static Result<std::unique_ptr<BulkServer>> open(net::Context& context, const Addresses& addresses,
                                                    const std::optional<Keeps>& keeps);
    void run(const std::atomic<bool>& stop, const net::Waker& waker);
    [[nodiscard]] std::string bulk_endpoint() const { return bulk_.endpoint(); }
    [[nodiscard]] std::string output_endpoint() const { return output_.endpoint(); }
    [[nodiscard]] std::array<const net::Socket*, 2> sockets() const { return {&bulk_, &output_}; }

private:
    /// The stores of a sink that has a folder.
    struct Kept {
        store::Blobs blobs;
        std::optional<store::Logs> logs;
        std::optional<store::LiveFiles> live;  ///< where logs are kept
        StoredUploads files{blobs};
        core::Uploads uploads{files};
        Time swept{};
        Kept(store::Blobs of_blobs, std::optional<store::Logs> of_logs, std::optional<store::LiveFiles> shown)
            : blobs(std::move(of_blobs)), logs(std::move(of_logs)), live(std::move(shown)) {}
    };

    BulkServer(net::Socket bulk, net::Socket output) : bulk_(std::move(bulk)), output_(std::move(output)) {}
    void serve(const std::string& peer, std::span<const std::uint8_t> frame);
    void on(const std::string& peer, const wire::Offer& offer);
    void on(const std::string& peer, wire::Chunk chunk);
    void on(const std::string& peer, const wire::Get& get);
    void on(const std::string& peer, const wire::Grant& grant);
    void on(const std::string& peer, const wire::LogChunk& log);
    void on(const wire::Progress& progress);
    void on(const std::string& peer, wire::LiveFile file);
    void send_range(const std::string& peer, const BlobHash& hash, std::uint64_t from, std::uint64_t until);
    /// False: the peer is gone, or its queue is full; it asks again.
    bool reply(const std::string& peer, const wire::Message& message);
    void refuse(const std::string& peer, const BlobHash& hash, std::string reason);
    void send_all(const core::Uploads::Replies& replies);
    /// Uploads that are whole or silent, leftovers; true: there is more to do at once.
    bool go_on();

    net::Socket bulk_;
    net::Socket output_;
    DroppedFrames dropped_{"bulk"};
    std::unique_ptr<Kept> kept_;  ///< null: this sink keeps nothing
    Time ticked_{};
};

}  // namespace nias::service
