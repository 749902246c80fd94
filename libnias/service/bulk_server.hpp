/// The sink's bulk channel: blobs in and out in chunks under credit, logs, progress. A loop on a thread of
/// its own, so that a large fsync never holds up outcomes. Used by service/sink only.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.hpp"
#include "core/transfer.hpp"
#include "net/socket.hpp"
#include "service/dropped_frames.hpp"
#include "store/blobs.hpp"
#include "store/logs.hpp"

namespace nias::service {

class BulkServer {
public:
    /// Of both sockets, and for other machines; empty: none.
    struct Addresses {
        std::string bulk, bulk_too{}, output, output_too{};
    };

    /// Without `data_dir` (memory mode) nothing is kept: offers and gets are refused in words, logs are
    /// only published.
    static Result<std::unique_ptr<BulkServer>> open(net::Context& context, const Addresses& addresses,
                                                    const std::optional<std::string>& data_dir);
    void run(const std::atomic<bool>& stop, const net::Waker& waker);
    [[nodiscard]] std::string bulk_endpoint() const { return bulk_.endpoint(); }
    [[nodiscard]] std::string output_endpoint() const { return output_.endpoint(); }

private:
    struct Upload {
        BlobRef blob;
        store::BlobWriter writer;
        core::ReceiveWindow window;
        Time last_heard;
    };

    BulkServer(net::Socket bulk, net::Socket output) : bulk_(std::move(bulk)), output_(std::move(output)) {}
    void serve(const std::string& peer, const Bytes& frame);
    void on(const std::string& peer, const wire::Offer& offer);
    void on(const std::string& peer, const wire::Chunk& chunk);
    void on(const std::string& peer, const wire::Get& get);
    void on(const std::string& peer, const wire::Grant& grant);
    void on(const std::string& peer, const wire::LogChunk& log);
    void on(const wire::Progress& progress);
    void send_range(const std::string& peer, const BlobHash& hash, std::uint64_t from, std::uint64_t until);
    void finish(const std::string& peer, const std::string& key);
    void reply(const std::string& peer, const wire::Message& message);
    void refuse(const std::string& peer, const BlobHash& hash, std::string reason);
    void drop_idle_uploads();

    net::Socket bulk_;
    net::Socket output_;
    DroppedFrames dropped_{"bulk"};
    std::optional<store::Blobs> blobs_;
    std::optional<store::Logs> logs_;
    std::unordered_map<std::string, Upload> uploads_;  ///< by peer + hash; at most kUploadsMax
};

}  // namespace nias::service
