#include "service/bulk_server.hpp"

#include <algorithm>
#include <variant>

#include "base/log.hpp"
#include "wire/codec.hpp"

namespace nias::service {
namespace {

constexpr std::size_t kUploadsMax = 256;
constexpr std::size_t kFramesARound = 64;  // so that the stop flag and idle uploads get their turn
constexpr auto kUploadIdle = std::chrono::seconds(60);

std::string key_of(const std::string& peer, const BlobHash& hash) {
    return peer + std::string(hash.bytes.begin(), hash.bytes.end());
}

}  // namespace

Result<std::unique_ptr<BulkServer>> BulkServer::open(net::Context& context, const Addresses& addresses,
                                                     const std::optional<std::string>& data_dir) {
    auto bulk = net::Socket::bind(context, net::Kind::router, addresses.bulk,
                                  {.name = "bulk", .also = addresses.bulk_too});
    if (!bulk) { return bulk.error(); }
    auto output = net::Socket::bind(context, net::Kind::xpub, addresses.output,
                                    {.name = "output", .also = addresses.output_too});
    if (!output) { return output.error(); }
    std::unique_ptr<BulkServer> server(new BulkServer(std::move(*bulk), std::move(*output)));
    if (data_dir) {
        auto blobs = store::Blobs::open(*data_dir);
        if (!blobs) { return blobs.error(); }
        auto logs = store::Logs::open(*data_dir);
        if (!logs) { return logs.error(); }
        server->blobs_.emplace(std::move(*blobs));
        server->logs_.emplace(std::move(*logs));
    }
    return server;
}

void BulkServer::run(const std::atomic<bool>& stop, const net::Waker& waker) {
    std::string peer;
    Bytes frame;
    while (!stop.load()) {
        net::Socket* const sockets[] = {&bulk_, &output_};
        const auto readable = net::wait_readable(sockets, &waker, std::chrono::milliseconds(1000));
        if (readable[1]) {
            while (output_.receive_subscription(peer)) {}
        }
        for (std::size_t i = 0; i < kFramesARound && bulk_.receive(peer, frame); ++i) { serve(peer, frame); }
        drop_idle_uploads();
        dropped_.look(bulk_, now());
    }
}

void BulkServer::serve(const std::string& peer, const Bytes& frame) {
    auto message = wire::decode(frame);
    if (!message) {
        dropped_.add(message.error().message, now());
        return;
    }
    std::visit(
        [&](const auto& body) {
            using Body = std::decay_t<decltype(body)>;
            if constexpr (std::is_same_v<Body, wire::Offer> || std::is_same_v<Body, wire::Chunk> ||
                          std::is_same_v<Body, wire::Get> || std::is_same_v<Body, wire::Grant> ||
                          std::is_same_v<Body, wire::LogChunk>) {
                on(peer, body);
            } else if constexpr (std::is_same_v<Body, wire::Progress>) {
                on(body);
            } else {
                dropped_.add_misplaced(wire::name_of(*message), now());
            }
        },
        *message);
}

void BulkServer::on(const std::string& peer, const wire::Offer& offer) {
    if (!blobs_) { return refuse(peer, offer.blob.hash, "this sink runs in memory and keeps no blobs"); }
    if (blobs_->has(offer.blob.hash)) { return reply(peer, wire::Stored{offer.blob.hash}); }
    const std::string key = key_of(peer, offer.blob.hash);
    if (auto known = uploads_.find(key); known != uploads_.end()) {
        known->second.last_heard = now();
        return reply(peer, known->second.window.restart());
    }
    if (uploads_.size() >= kUploadsMax) {
        return refuse(peer, offer.blob.hash, "too many uploads at once: try again later");
    }
    auto writer = blobs_->begin();
    if (!writer) { return refuse(peer, offer.blob.hash, writer.error().message); }
    auto [place, fresh] =
        uploads_.emplace(key, Upload{offer.blob, std::move(*writer),
                                     core::ReceiveWindow(offer.blob.hash, offer.blob.size_bytes), now()});
    if (offer.blob.size_bytes == 0) { return finish(peer, key); }
    reply(peer, place->second.window.restart());
}

void BulkServer::on(const std::string& peer, const wire::Chunk& chunk) {
    const std::string key = key_of(peer, chunk.hash);
    auto place = uploads_.find(key);
    if (place == uploads_.end()) { return; }  // given up or restarted: the sender offers again
    Upload& upload = place->second;
    upload.last_heard = now();
    if (!upload.window.take(chunk)) { return; }
    if (auto written = upload.writer.append(chunk.data); !written) {
        const std::string reason = written.error().message;
        uploads_.erase(place);
        return refuse(peer, chunk.hash, reason);
    }
    if (upload.window.whole()) { return finish(peer, key); }
    if (auto grant = upload.window.due()) { reply(peer, *grant); }
}

void BulkServer::finish(const std::string& peer, const std::string& key) {
    auto place = uploads_.find(key);
    const BlobRef blob = place->second.blob;
    auto stored = place->second.writer.commit(blob);
    uploads_.erase(place);
    if (!stored) { return refuse(peer, blob.hash, stored.error().message); }
    reply(peer, wire::Stored{blob.hash});
}

void BulkServer::on(const std::string& peer, const wire::Get& get) {
    send_range(peer, get.hash, get.offset,
               get.offset + std::min(get.credit_bytes, wire::kBulkWindowBytes * 4));
}

// A download keeps no state here: each grant names the range that the receiver can take.
void BulkServer::on(const std::string& peer, const wire::Grant& grant) {
    const std::uint64_t most = grant.resume_at + wire::kBulkWindowBytes * 4;
    send_range(peer, grant.hash, grant.resume_at, std::min(grant.until_bytes, most));
}

void BulkServer::send_range(const std::string& peer, const BlobHash& hash, std::uint64_t from,
                            std::uint64_t until) {
    if (!blobs_) { return refuse(peer, hash, "this sink runs in memory and keeps no blobs"); }
    auto blob = blobs_->find(hash);
    if (!blob) { return refuse(peer, hash, blob.error().message); }
    until = std::min(until, blob->size_bytes);
    if (blob->size_bytes == 0) {
        return reply(peer, wire::Chunk{.hash = hash, .offset = 0, .size_bytes = 0, .data = {}});
    }
    while (from < until) {
        const auto length =
            static_cast<std::size_t>(std::min<std::uint64_t>(wire::kChunkBytes, until - from));
        auto data = blobs_->read(hash, from, length);
        if (!data) { return refuse(peer, hash, data.error().message); }
        if (data->empty()) { return; }
        const std::uint64_t step = data->size();
        reply(peer,
              wire::Chunk{
                  .hash = hash, .offset = from, .size_bytes = blob->size_bytes, .data = std::move(*data)});
        from += step;
    }
}

// Answered by Grant with the size that the log has here: a sender that is ahead goes back to it.
void BulkServer::on(const std::string& peer, const wire::LogChunk& chunk) {
    std::uint64_t size = chunk.offset + chunk.data.size();
    if (logs_) {
        const auto written = logs_->write(chunk.attempt, chunk.offset, chunk.data);
        if (!written && written.error().code != ErrorCode::conflict) { log::warn(written.error().message); }
        size = logs_->size(chunk.attempt);
    }
    reply(peer, wire::Grant{.hash = {}, .resume_at = size, .until_bytes = size + wire::kBulkWindowBytes});
    if (!chunk.data.empty()) {
        const bool heard = output_.send("l" + to_string(chunk.attempt.id), wire::encode(chunk));
        if (!heard) { log::debug("output: a log chunk was not published"); }  // watchers read the file
    }
}

void BulkServer::on(const wire::Progress& progress) {
    const bool heard = output_.send("p" + to_string(progress.attempt.id), wire::encode(progress));
    if (!heard) { log::debug("output: a progress line was not published"); }
}

void BulkServer::reply(const std::string& peer, const wire::Message& message) {
    if (!bulk_.send(peer, wire::encode(message))) {
        log::debug("bulk: a reply was dropped; the peer asks again");
    }
}

void BulkServer::refuse(const std::string& peer, const BlobHash& hash, std::string reason) {
    reply(peer, wire::BulkRefused{.hash = hash, .reason = std::move(reason)});
}

void BulkServer::drop_idle_uploads() {
    const Time limit = now() - kUploadIdle;
    std::erase_if(uploads_, [&](const auto& item) { return item.second.last_heard < limit; });
}

}  // namespace nias::service
