#include "service/bulk/client.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/host/threads.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "base/sha256.hpp"
#include "core/transfer/requests.hpp"
#include "service/bulk/arriving_file.hpp"
#include "service/bulk/chunk_frame.hpp"
#include "service/bulk/hash_thread.hpp"
#include "wire/codec/codec.hpp"

namespace nias::service {
namespace {

constexpr std::uint64_t kHashedHere = 1U << 20U;         // larger files are hashed on a thread of their own
constexpr std::uint64_t kHashedFirst = 8U << 20U;        // some ms; then the sink may have it already
constexpr int kShownTimes = 3;                           // a version of a file that a task shows is sent
constexpr auto kSlice = std::chrono::milliseconds(100);  // how often give_up is asked

Error given_up() { return {ErrorCode::unavailable, "the transfer was given up: the task was cancelled"}; }

// A large file is read on this thread and hashed on another.
Result<BlobRef> hash_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) { return Error{ErrorCode::not_found, path + " cannot be read"}; }
    Sha256 sha;
    BlobRef ref;
    std::optional<HashThread> thread;
    bool alone = false;  // the host has no second thread: this one does it all
    Bytes buffer;
    while (in) {
        buffer.resize(wire::kChunkBytes);
        in.read(reinterpret_cast<char*>(buffer.data()), static_cast<std::streamsize>(buffer.size()));
        buffer.resize(static_cast<std::size_t>(in.gcount()));
        ref.size_bytes += buffer.size();
        if (ref.size_bytes > kHashedHere && !thread && !alone) {
            alone = !with_threads("hashing", [&] { return &thread.emplace(); });
        }
        if (thread) {
            thread->update(sha, std::move(buffer));
            buffer = thread->spare();
        } else {
            sha.update(buffer);
        }
    }
    if (thread) { thread->wait(); }
    ref.hash = sha.finish();
    return ref;
}

/// Stands for the hash of an upload that has none yet.
BlobHash make_ticket() {
    BlobHash ticket;
    for (std::size_t i = 0; i < ticket.bytes.size(); i += sizeof(std::uint64_t)) {
        const std::uint64_t part = make_incarnation();
        std::memcpy(ticket.bytes.data() + i, &part, sizeof part);
    }
    return ticket;
}

/// False: the file is shorter than it was.
bool read_piece(std::ifstream& in, std::uint64_t offset, std::span<std::uint8_t> into) {
    in.clear();
    in.seekg(static_cast<std::streamoff>(offset));
    in.read(reinterpret_cast<char*>(into.data()), static_cast<std::streamsize>(into.size()));
    return static_cast<std::size_t>(in.gcount()) == into.size();
}

/// The bytes of a file that may be shown; a larger one has one byte too many.
Result<Bytes> read_shown(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    Bytes content(wire::kLiveFileBytesMax + 1);
    if (in) {
        in.read(reinterpret_cast<char*>(content.data()), static_cast<std::streamsize>(content.size()));
    }
    if (!in.is_open() || in.bad()) { return Error{ErrorCode::unavailable, path + " cannot be read"}; }
    content.resize(static_cast<std::size_t>(in.gcount()));
    return content;
}

}  // namespace

Result<BulkClient> BulkClient::open(net::Context& context, const std::string& endpoint) {
    auto socket = net::Socket::connect(
        context, net::Kind::dealer, endpoint,
        {.hwm = wire::kBulkQueueMax, .rests = true, .frame_bytes_max = wire::kBulkFrameBytesMax});
    if (!socket) { return socket.error(); }
    return BulkClient(std::move(*socket));
}

Result<wire::Message> BulkClient::next(std::chrono::milliseconds patience) {
    if (const std::string words = socket_.tend(now()); !words.empty()) { log::warn(words); }
    std::span<std::uint8_t> frame;
    if (!socket_.receive(frame)) {
        net::Socket* const sockets[] = {&socket_};
        (void)net::wait_readable(sockets, nullptr, patience);
        if (!socket_.receive(frame)) { return Error{ErrorCode::unavailable, "no answer yet"}; }
    }
    heard_ = now();
    return wire::decode(frame);
}

Status BulkClient::get(const BlobRef& blob, const std::string& path, const GiveUp& give_up) {
    auto file = ArrivingFile::begin(path);
    if (!file) { return file.error(); }
    core::Fetch fetch(blob);
    Sha256 sha;
    while (!fetch.whole()) {
        if (give_up && give_up()) { return given_up(); }
        if (const auto get = fetch.ask(now())) { (void)socket_.send(wire::encode(*get)); }
        const auto message = next(kSlice);
        if (!message) { continue; }
        if (const auto* refused = std::get_if<wire::BulkRefused>(&*message)) { fetch.on(*refused); }
        if (!fetch.refusal().empty()) { return Error{ErrorCode::not_found, fetch.refusal()}; }
        const auto* chunk = std::get_if<wire::Chunk>(&*message);
        if (chunk == nullptr || !fetch.accept(*chunk, now())) { continue; }
        sha.update(chunk->data);
        if (auto written = file->append(chunk->data); !written) { return written; }
        if (auto grant = fetch.grant(now())) { (void)socket_.send(wire::encode(*grant)); }
    }
    if (sha.finish() != blob.hash) {
        return Error{ErrorCode::corrupt, "blob " + to_string(blob.hash) + " arrived damaged"};
    }
    return file->finish();
}

// A large file is hashed by the sink alone, as it comes. Where some of it was left there by an earlier life,
// which a power cut may have damaged, the name is compared with the file's hash.
Result<BlobRef> BulkClient::put(const std::string& path, const GiveUp& give_up) {
    std::error_code error;
    const std::uint64_t size = std::filesystem::file_size(path, error);
    if (error) { return Error{ErrorCode::not_found, path + " cannot be read: " + error.message()}; }
    if (size > kHashedFirst) {
        const BlobRef unnamed{make_ticket(), size};
        core::Put put(unnamed, wire::kChunkBytes, true);
        if (auto sent = send(put, unnamed, path, give_up); !sent) { return sent.error(); }
        if (!put.is_unsure()) { return BlobRef{put.name(), size}; }
        auto blob = hash_file(path);
        if (!blob || blob->hash == put.name()) { return blob; }
        log::warn(path + " came damaged to the sink, which was stopped meanwhile: it is sent again");
    }
    const auto blob = hash_file(path);
    if (!blob) { return blob.error(); }
    core::Put put(*blob);
    if (auto sent = send(put, *blob, path, give_up); !sent) { return sent.error(); }
    return *blob;
}

Status BulkClient::send(core::Put& put, const BlobRef& blob, const std::string& path, const GiveUp& give_up) {
    std::ifstream in(path, std::ios::binary);
    if (!in) { return Error{ErrorCode::not_found, path + " cannot be read"}; }
    while (!put.stored()) {
        if (give_up && give_up()) { return given_up(); }
        if (const auto offer = put.ask(now())) { (void)socket_.send(wire::encode(*offer)); }
        const auto message = next(kSlice);
        if (!message) { continue; }
        if (const auto* stored = std::get_if<wire::Stored>(&*message)) { put.on(*stored); }
        if (const auto* refused = std::get_if<wire::BulkRefused>(&*message)) { put.on(*refused); }
        if (!put.refusal().empty()) { return Error{ErrorCode::unavailable, put.refusal()}; }
        if (const auto* grant = std::get_if<wire::Grant>(&*message)) { put.on(*grant, now()); }
        while (const auto piece = put.next()) {
            bool read = false;
            net::Frame frame = chunk_frame(
                blob, piece->offset, piece->length,
                [&](std::span<std::uint8_t> room) { read = read_piece(in, piece->offset, room); });
            if (!read) { return Error{ErrorCode::corrupt, path + " changed while it was being sent"}; }
            if (!socket_.send(frame)) { break; }  // the Offer of the next silence resumes
            put.sent(*piece);
        }
    }
    return {};
}

void BulkClient::send_progress(const wire::Progress& progress) { (void)socket_.send(wire::encode(progress)); }

void BulkClient::receive_answers() {
    while (auto message = next(std::chrono::milliseconds(0))) {
        const auto* taken = std::get_if<wire::LiveFile>(&*message);
        if (taken != nullptr && shown_ && taken->number == shown_->number) { shown_.reset(); }
        const auto* grant = std::get_if<wire::Grant>(&*message);
        if (grant == nullptr) { continue; }
        log_stored_ = grant->resume_at;
        log_heard_ = now();
        log_sent_ = std::max(log_sent_, log_stored_);
    }
}

void BulkClient::push_log(const AttemptRef& attempt, std::string_view log) {
    receive_answers();
    // No word for a while with bytes under way: they were lost with the sink; go back to what it has.
    if (log_sent_ > log_stored_ && now() - log_heard_ > core::kAskAgain) {
        log_sent_ = log_stored_;
        log_heard_ = now();
    }
    while (log_sent_ < log.size() && log_sent_ - log_stored_ < wire::kBulkWindowBytes) {
        if (log_sent_ == log_stored_) { log_heard_ = now(); }
        const auto piece = log.substr(log_sent_, wire::kLogChunkBytes);
        if (!socket_.send(
                wire::encode(wire::LogChunk{attempt, log_sent_, Bytes(piece.begin(), piece.end())}))) {
            return;
        }
        log_sent_ += piece.size();
    }
}

Status BulkClient::show_file(const AttemptRef& attempt, std::string_view name, const std::string& path) {
    tend_shown();
    if (shown_) { return Error{ErrorCode::overloaded, "the file that was shown before is on its way still"}; }
    if (name.empty() || name.size() > wire::kNameBytesMax) {
        return Error{ErrorCode::invalid, "the name of a file that is shown has 1 to 200 bytes"};
    }
    if (!shown_names_.contains(name) && shown_names_.size() >= wire::kLiveFilesMax) {
        return Error{ErrorCode::invalid, "an attempt shows at most 32 files"};
    }
    auto content = read_shown(path);
    if (!content) { return content.error(); }
    if (content->empty() || content->size() > wire::kLiveFileBytesMax) {
        return Error{ErrorCode::invalid, "a file that is shown has 1 byte to 2 MiB"};
    }
    shown_names_.emplace(name);
    shown_.emplace(Shown{attempt, std::string(name), ++shown_number_, std::move(*content)});
    send_shown();
    return {};
}

void BulkClient::send_shown() {
    shown_->sent = now();
    ++shown_->times;
    const std::uint64_t size = shown_->content.size();
    for (std::uint64_t at = 0; at < size; at += wire::kChunkBytes) {
        const auto begin = shown_->content.begin() + static_cast<std::ptrdiff_t>(at);
        const auto length =
            static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(wire::kChunkBytes, size - at));
        const wire::LiveFile piece{
            shown_->attempt, shown_->name, shown_->number, at, size, Bytes(begin, begin + length)};
        if (!socket_.send(wire::encode(piece))) { return; }
    }
}

void BulkClient::tend_shown() {
    receive_answers();
    if (!shown_ || now() - shown_->sent <= core::kAskAgain) { return; }
    if (shown_->times < kShownTimes) { return send_shown(); }
    shown_.reset();
}

void BulkClient::forget_shown(const AttemptRef& attempt) {
    if (shown_names_.empty()) { return; }
    shown_.reset();
    (void)socket_.send(wire::encode(wire::LiveFile{.attempt = attempt, .name = {}, .data = {}}));
}

Status BulkClient::flush_log(const AttemptRef& attempt, std::string_view log, const GiveUp& give_up) {
    while (log_stored_ < log.size()) {
        if (give_up && give_up()) { return given_up(); }
        push_log(attempt, log);
        if (log_stored_ >= log.size()) { break; }  // it took the last grant: nothing comes to be waited for
        net::Socket* const sockets[] = {&socket_};
        (void)net::wait_readable(sockets, nullptr, kSlice);
        receive_answers();
    }
    return {};
}

}  // namespace nias::service
