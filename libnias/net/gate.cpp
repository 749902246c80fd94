#include "net/gate.hpp"

#include <sys/stat.h>
#include <zmq.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "net/key_text.hpp"

namespace nias::net {
namespace {

constexpr auto kGateAddress = "inproc://zeromq.zap.01";
constexpr std::string_view kVersion = "1.0";
constexpr std::size_t kRequestFrames = 7;  // version, id, domain, address, identity, mechanism, key
constexpr std::size_t kKeyBytes = 32;
constexpr int kAnswersARound = 256;

struct Admits {
    std::string_view socket;
    Role role;
};
constexpr Admits kAdmits[] = {
    {"intake", Role::submitter},  {"intake", Role::server},   {"control", Role::worker},
    {"control", Role::submitter}, {"control", Role::watcher}, {"events", Role::submitter},
    {"events", Role::watcher},    {"outcomes", Role::worker}, {"bulk", Role::worker},
    {"bulk", Role::submitter},    {"output", Role::watcher},  {"output", Role::submitter},
};

using Frames = std::vector<std::string>;

/// One request; false: none waits.
bool receive(void* socket, Frames& frames) {
    frames.clear();
    zmq_msg_t message;
    bool more = true;
    while (more) {
        zmq_msg_init(&message);
        if (zmq_msg_recv(&message, socket, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(&message);
            return false;
        }
        more = zmq_msg_more(&message) != 0;
        if (frames.size() <= kRequestFrames) {
            frames.emplace_back(static_cast<const char*>(zmq_msg_data(&message)), zmq_msg_size(&message));
        }
        zmq_msg_close(&message);
    }
    return true;
}

void send(void* socket, std::span<const std::string_view> frames) {
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const int more = i + 1 < frames.size() ? ZMQ_SNDMORE : 0;
        zmq_send(socket, frames[i].data(), frames[i].size(), more);
    }
}

/// Judges a well-formed question about a CURVE key.
std::optional<Peer> judged(const Frames& request, const Gate::Judge& judge) {
    if (request.size() != kRequestFrames || request[0] != kVersion || request[5] != "CURVE" ||
        request[6].size() != kKeyBytes) {
        return std::nullopt;
    }
    std::array<char, kKeyLetters + 1> key{};
    zmq_z85_encode(key.data(), reinterpret_cast<const std::uint8_t*>(request[6].data()), kKeyBytes);
    return judge(request[2], key.data(), request[3]);
}

}  // namespace

std::string user_of(const Peer& peer) { return std::string(to_string(peer.role)) + " " + peer.name; }

std::optional<Peer> parse_user(std::string_view user) {
    const std::size_t blank = user.find(' ');
    if (blank == std::string_view::npos) { return std::nullopt; }
    Peer peer;
    peer.name = user.substr(blank + 1);
    for (const Role role : {Role::server, Role::worker, Role::submitter, Role::watcher}) {
        if (user.substr(0, blank) == to_string(role)) {
            peer.role = role;
            return peer;
        }
    }
    return std::nullopt;
}

bool admits(std::string_view socket, Role role) {
    return std::any_of(std::begin(kAdmits), std::end(kAdmits),
                       [&](const Admits& row) { return row.socket == socket && row.role == role; });
}

Admission::Admission(Enrolment enrolment) : enrolment_(std::move(enrolment)) { follow(); }

void Admission::follow() {
    Version version;
    struct stat info {};
    if (::stat(enrolment_.peers_path().c_str(), &info) == 0) {
        version = {.inode = info.st_ino,
                   .changed_ns = std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec,
                   .size = info.st_size};
    }
    if (version == version_) { return; }
    auto peers = enrolment_.peers();
    version_ = version;
    if (!peers) {
        fault_ = peers.error().message;
        return;
    }
    fault_.clear();
    auto before = std::exchange(peers_, {});
    for (Peer& peer : *peers) {
        std::string key = peer.public_key;
        peers_.emplace(std::move(key), std::move(peer));
    }
    for (auto& [key, peer] : before) {
        if (!peers_.contains(key)) { revoked_.push_back(std::move(peer)); }
    }
}

Result<Peer> Admission::judge(std::string_view socket, const std::string& public_key) {
    follow();
    Peer peer{.name = "server", .role = Role::server, .public_key = public_key};
    if (public_key != enrolment_.server().public_key) {
        const auto known = peers_.find(public_key);
        if (known == peers_.end()) { return Error{ErrorCode::denied, "its key is not enrolled"}; }
        peer = known->second;
    }
    if (!admits(socket, peer.role)) {
        return Error{ErrorCode::denied,
                     "it is the " + user_of(peer) + ", and that role has no place at " + std::string(socket)};
    }
    return peer;
}

Result<Gate> Gate::open(Context& context) {
    const auto made = context.socket(ZMQ_REP, kGateAddress);
    if (!made) { return made.error(); }
    void* const handle = *made;
    Gate gate(handle);
    const int no_linger = 0;
    zmq_setsockopt(handle, ZMQ_LINGER, &no_linger, sizeof no_linger);
    if (zmq_bind(handle, kGateAddress) != 0) {
        return Error{ErrorCode::internal, "the context has a gate already"};
    }
    return gate;
}

Gate::Gate(Gate&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
Gate::~Gate() {
    if (handle_ != nullptr) { zmq_close(handle_); }
}

void Gate::answer(const Judge& judge, const Waker& waker, std::chrono::milliseconds patience) {
    zmq_pollitem_t items[] = {{handle_, 0, ZMQ_POLLIN, 0}, {nullptr, waker.descriptor(), ZMQ_POLLIN, 0}};
    zmq_poll(items, 2, patience.count());  // an interrupt reads as a time-out
    Frames request;
    for (int i = 0; i < kAnswersARound && receive(handle_, request); ++i) {
        const auto peer = judged(request, judge);
        const std::string user = peer ? user_of(*peer) : std::string();
        const std::string id = request.size() > 1 ? request[1] : std::string();
        const std::array<std::string_view, 6> reply{kVersion, id, peer ? "200" : "400", "", user, ""};
        send(handle_, reply);
    }
}

}  // namespace nias::net
