#include "service/bulk/server.hpp"

#include <algorithm>
#include <variant>

#include "base/host/threads.hpp"
#include "base/log.hpp"
#include "service/bulk/chunk_frame.hpp"
#include "wire/codec/codec.hpp"
#include "wire/receivers.hpp"

namespace nias::service {
namespace {

constexpr std::size_t kFramesARound = 64;  // so that the stop flag and idle uploads get their turn
constexpr auto kTickEvery = std::chrono::milliseconds(100);
constexpr auto kSweepEvery = std::chrono::minutes(1);
constexpr auto kShownKept = std::chrono::minutes(30);  // a worker renews what it shows three times as often
const std::string kInMemory = "this sink runs in memory and keeps no blobs";

}  // namespace

Result<std::unique_ptr<BulkServer>> BulkServer::open(net::Context& context, const Addresses& addresses,
                                                     const std::optional<Keeps>& keeps) {
    auto bulk = net::Socket::bind(context, net::Kind::router, addresses.bulk,
                                  {.hwm = wire::kBulkQueueMax,
                                   .name = "bulk",
                                   .also = addresses.bulk_too,
                                   .frame_bytes_max = wire::kBulkFrameBytesMax});
    if (!bulk) { return bulk.error(); }
    auto output =
        net::Socket::bind(context, net::Kind::xpub, addresses.output,
                          {.hwm = wire::kEventQueueMax, .name = "output", .also = addresses.output_too});
    if (!output) { return output.error(); }
    std::unique_ptr<BulkServer> server(new BulkServer(std::move(*bulk), std::move(*output)));
    if (!keeps) { return server; }
    auto blobs = store::Blobs::open(keeps->folder);
    if (!blobs) { return blobs.error(); }
    std::optional<store::Logs> logs;
    std::optional<store::LiveFiles> live;
    if (keeps->logs) {
        auto opened = store::Logs::open(keeps->folder);
        if (!opened) { return opened.error(); }
        logs.emplace(std::move(*opened));
        auto shown = store::LiveFiles::open(keeps->folder);
        if (!shown) { return shown.error(); }
        live.emplace(std::move(*shown));
    }
    auto kept = with_threads("the sink's store", [&] {
        return std::make_unique<Kept>(std::move(*blobs), std::move(logs), std::move(live));
    });
    if (!kept) { return kept.error(); }
    server->kept_ = *std::move(kept);
    return server;
}

void BulkServer::run(const std::atomic<bool>& stop, const net::Waker& waker) {
    std::string peer;
    std::span<std::uint8_t> frame;
    bool more = false;
    while (!stop.load()) {
        net::Socket* const sockets[] = {&bulk_, &output_};
        const auto readable =
            net::wait_readable(sockets, &waker, more ? std::chrono::milliseconds(0) : kTickEvery);
        if (readable[1]) {
            while (output_.receive_subscription(peer)) {}
        }
        for (std::size_t i = 0; i < kFramesARound && bulk_.receive(peer, frame); ++i) { serve(peer, frame); }
        more = go_on();
        dropped_.look(bulk_, now());
    }
}

void BulkServer::serve(const std::string& peer, std::span<const std::uint8_t> frame) {
    auto message = wire::decode(frame);
    if (!message) {
        dropped_.add(message.error().message, now());
        return;
    }
    std::visit(
        [&](auto& body) {
            using Body = std::decay_t<decltype(body)>;
            if constexpr (std::is_same_v<Body, wire::Progress>) {
                on(body);
            } else if constexpr (wire::AtBulkServer::has<Body>) {
                on(peer, std::move(body));
            } else {
                dropped_.add_misplaced(wire::name_of(*message), now());
            }
        },
        *message);
}

void BulkServer::on(const std::string& peer, const wire::Offer& offer) {
    if (!kept_) { return refuse(peer, offer.blob.hash, kInMemory); }
    core::Uploads::Replies replies;
    kept_->uploads.on(peer, offer, now(), replies);
    send_all(replies);
}

void BulkServer::on(const std::string& peer, wire::Chunk chunk) {
    if (!kept_) { return refuse(peer, chunk.hash, kInMemory); }
    core::Uploads::Replies replies;
    kept_->uploads.on(peer, std::move(chunk), now(), replies);
    send_all(replies);
}

bool BulkServer::go_on() {
    if (!kept_) { return false; }
    const bool more = kept_->files.hash_a_little();
    const Time at = now();
    if (at - ticked_ >= kTickEvery || !more) {
        ticked_ = at;
        core::Uploads::Replies replies;
        kept_->uploads.tick(at, replies);
        send_all(replies);
    }
    if (at - kept_->swept >= kSweepEvery) {
        kept_->swept = at;
        const std::size_t removed = kept_->blobs.sweep({});
        if (removed > 0) {
            log::info("blobs: " + std::to_string(removed) +
                      " unfinished files were removed: nobody came back to them");
        }
        if (kept_->live) { (void)kept_->live->sweep(kShownKept); }
    }
    return more;
}

void BulkServer::on(const std::string& peer, const wire::Get& get) {
    send_range(peer, get.hash, get.offset,
               get.offset + std::min(get.credit_bytes, wire::kBulkWindowBytesMax));
}

// A download keeps no state here: each grant names the range that the receiver can take.
void BulkServer::on(const std::string& peer, const wire::Grant& grant) {
    const std::uint64_t most = grant.resume_at + wire::kBulkWindowBytesMax;
    send_range(peer, grant.hash, grant.resume_at, std::min(grant.until_bytes, most));
}

void BulkServer::send_range(const std::string& peer, const BlobHash& hash, std::uint64_t from,
                            std::uint64_t until) {
    if (!kept_) { return refuse(peer, hash, kInMemory); }
    auto blob = kept_->blobs.find(hash);
    if (!blob) { return refuse(peer, hash, blob.error().message); }
    until = std::min(until, blob->size_bytes);
    if (blob->size_bytes == 0) {
        (void)reply(peer, wire::Chunk{.hash = hash, .offset = 0, .size_bytes = 0, .data = {}});
        return;
    }
    while (from < until) {
        const auto length = std::min<std::uint64_t>(wire::kChunkBytes, until - from);
        Result<std::size_t> got{0};
        net::Frame frame = chunk_frame(*blob, from, length, [&](std::span<std::uint8_t> room) {
            got = kept_->blobs.read(hash, from, room);
        });
        if (!got) { return refuse(peer, hash, got.error().message); }
        if (*got < length) { return refuse(peer, hash, "its file is shorter than it was"); }
        if (!bulk_.send(peer, frame)) {  // what follows would be out of order
            log::debug("bulk: a chunk was dropped; the peer asks again");
            return;
        }
        from += length;
    }
}

// Answered by Grant with the size that the log has here: a sender that is ahead goes back to it.
void BulkServer::on(const std::string& peer, const wire::LogChunk& chunk) {
    std::uint64_t size = chunk.offset + chunk.data.size();
    if (kept_ && kept_->logs) {
        const auto written = kept_->logs->write(chunk.attempt, chunk.offset, chunk.data);
        if (!written && written.error().code != ErrorCode::conflict) { log::warn(written.error().message); }
        const auto stored = kept_->logs->size(chunk.attempt);
        if (!stored) {  // no answer: the worker repeats, and the disk may do better then
            log::warn(stored.error().message);
            return;
        }
        size = *stored;
    }
    (void)reply(peer,
                wire::Grant{.hash = {}, .resume_at = size, .until_bytes = size + wire::kBulkWindowBytes});
    if (!chunk.data.empty()) {
        const bool heard = output_.send("l" + to_string(chunk.attempt.id), wire::encode(chunk));
        if (!heard) { log::debug("output: a log chunk was not published"); }  // watchers read the file
    }
}

void BulkServer::on(const wire::Progress& progress) {
    const bool heard = output_.send("p" + to_string(progress.attempt.id), wire::encode(progress));
    if (!heard) { log::debug("output: a progress line was not published"); }
}

// Answered once a version is whole. What cannot be kept is not answered: the worker sends it again, or the
// next version.
void BulkServer::on(const std::string& peer, wire::LiveFile file) {
    const bool keeps = kept_ && kept_->live;
    if (file.name.empty()) {
        if (keeps) { kept_->live->forget(file.attempt); }
        return;
    }
    Result<bool> whole = file.offset + file.data.size() >= file.size_bytes;
    if (keeps) {
        whole = kept_->live->write(file.attempt, {file.name, file.offset, file.size_bytes}, file.data);
    }
    if (!whole && whole.error().code == ErrorCode::unavailable) { log::warn(whole.error().message); }
    if (!whole || !*whole) { return; }
    file.offset = file.size_bytes;
    file.data.clear();
    (void)reply(peer, file);
    if (!keeps) { return; }  // there is nothing to look at
    const bool heard = output_.send("f" + to_string(file.attempt.id), wire::encode(file));
    if (!heard) { log::debug("output: a file that changed was not published"); }
}

bool BulkServer::reply(const std::string& peer, const wire::Message& message) {
    if (bulk_.send(peer, wire::encode(message))) { return true; }
    log::debug("bulk: a reply was dropped; the peer asks again");
    return false;
}

void BulkServer::refuse(const std::string& peer, const BlobHash& hash, std::string reason) {
    (void)reply(peer, wire::BulkRefused{.hash = hash, .reason = std::move(reason)});
}

void BulkServer::send_all(const core::Uploads::Replies& replies) {
    for (const core::Send& send : replies) { (void)reply(send.peer, send.message); }
}

}  // namespace nias::service
