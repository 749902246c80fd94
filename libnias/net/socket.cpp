#include "net/socket.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/check.hpp"
#include "net/address.hpp"
#include "net/gate.hpp"
#include "net/link_monitor.hpp"

namespace nias::net {
namespace {

constexpr std::size_t kGivenMin = 4096;  // bytes: shorter ones are cheaper to copy than to hand over
constexpr std::string_view kIpc = "ipc://";
// A try to connect into a line that was cut goes on for so long; then the next one begins, and so at most
// this passes until a line that is whole again is found.
constexpr int kConnectMs = 5'000;
constexpr int kMalformedARead = 64;  // then the caller's loop goes on: a flood holds nobody up

int type_of(Kind kind) {
    switch (kind) {
        case Kind::push: return ZMQ_PUSH;
        case Kind::pull: return ZMQ_PULL;
        case Kind::router: return ZMQ_ROUTER;
        case Kind::dealer: return ZMQ_DEALER;
        case Kind::xpub: return ZMQ_XPUB;
        case Kind::sub: return ZMQ_SUB;
    }
    return -1;
}

void set(void* socket, int option, int value) {
    const int done = zmq_setsockopt(socket, option, &value, sizeof value);
    NIAS_CHECK(done == 0, "libzmq takes the option");
}

void set(void* socket, int option, const std::string& value) {
    const int done = zmq_setsockopt(socket, option, value.data(), value.size());
    NIAS_CHECK(done == 0, "libzmq takes the option");
}

bool is_tcp(const std::string& endpoint) { return endpoint.starts_with("tcp://"); }
bool is_ipv6(const std::string& endpoint) { return endpoint.starts_with("tcp://["); }

// This option is of libzmq's draft interface, and in every build since 4.3. Without a gate nobody is
// admitted.
constexpr int kZapEnforceDomain = 93;

Error in_use(const std::string& endpoint) {
    return {ErrorCode::conflict,
            endpoint + " is in use by another process: stop it, or choose another address"};
}

/// Whether somebody listens at a local socket's path. libzmq takes such a path over without a word.
bool is_served(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.front() == '@' || path.size() >= sizeof address.sun_path) { return false; }
    std::memcpy(address.sun_path, path.data(), path.size());
    const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0) { return false; }
    const int connected = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const bool served = connected == 0 || errno == EAGAIN;  // a full queue has a listener too
    ::close(probe);
    return served;
}

Error failed(const std::string& doing, const std::string& endpoint) {
    const int code = zmq_errno();
    if (code == EADDRINUSE) { return in_use(endpoint); }
    if (code == EINVAL || code == EPROTONOSUPPORT || code == ENODEV) {
        return {ErrorCode::invalid,
                "\"" + endpoint + "\" is not an address that can be used: " + zmq_strerror(code)};
    }
    return {ErrorCode::unavailable, "cannot " + doing + " " + endpoint + ": " + zmq_strerror(code)};
}

}  // namespace

struct Socket::State {
    void* handle = nullptr;
    Kind kind = Kind::push;
    std::string endpoint;
    std::uint64_t malformed = 0;
    bool guarded = false;
    std::vector<std::uint16_t> guarded_ports;
    std::unique_ptr<LinkMonitor> link;  ///< set where the connection is encrypted
    zmq_msg_t first{};
    zmq_msg_t second{};
    zmq_msg_t* last = &first;  ///< the frame with the message

    State(void* socket, Kind of_kind) : handle(socket), kind(of_kind) {
        zmq_msg_init(&first);
        zmq_msg_init(&second);
    }
    ~State() {
        zmq_msg_close(&first);
        zmq_msg_close(&second);
        link.reset();  // it listens to the socket
        zmq_close(handle);
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    void bound(const SocketOptions& options) const {
        set(handle, ZMQ_SNDHWM, options.hwm);
        set(handle, ZMQ_RCVHWM, options.hwm);
        set(handle, ZMQ_LINGER, kind == Kind::push ? 1000 : 0);
        set(handle, ZMQ_HANDSHAKE_IVL, 10'000);
        const auto silence_ms = static_cast<int>(options.silence_max.count());
        set(handle, ZMQ_HEARTBEAT_IVL, silence_ms / 3);
        set(handle, ZMQ_HEARTBEAT_TIMEOUT, silence_ms);
        set(handle, ZMQ_HEARTBEAT_TTL, silence_ms);
        set(handle, ZMQ_CONNECT_TIMEOUT, kConnectMs);
        set(handle, ZMQ_RECONNECT_IVL, 50);
        set(handle, ZMQ_RECONNECT_IVL_MAX, 1'000);
        const auto frame_max = static_cast<std::int64_t>(options.frame_bytes_max);
        NIAS_CHECK(zmq_setsockopt(handle, ZMQ_MAXMSGSIZE, &frame_max, sizeof frame_max) == 0,
                   "libzmq takes the option");
        if (kind == Kind::push) { set(handle, ZMQ_IMMEDIATE, 1); }
        if (kind == Kind::router) {
            set(handle, ZMQ_ROUTER_MANDATORY, 1);
            set(handle, ZMQ_ROUTER_HANDOVER, 1);
        }
        if (kind == Kind::dealer && !options.routing_id.empty()) {
            NIAS_CHECK(zmq_setsockopt(handle, ZMQ_ROUTING_ID, options.routing_id.data(),
                                      options.routing_id.size()) == 0,
                       "libzmq takes the option");
        }
    }

    /// For what is bound from here on.
    void guard(const Keys& keys, const std::string& name) {
        set(handle, ZMQ_CURVE_SERVER, 1);
        set(handle, ZMQ_CURVE_PUBLICKEY, keys.public_key);
        set(handle, ZMQ_CURVE_SECRETKEY, keys.secret_key);
        set(handle, ZMQ_ZAP_DOMAIN, name);
        set(handle, kZapEnforceDomain, 1);
        guarded = true;
    }
    void prove(const Keys& keys) const {
        set(handle, ZMQ_CURVE_SERVERKEY, keys.server_key);
        set(handle, ZMQ_CURVE_PUBLICKEY, keys.public_key);
        set(handle, ZMQ_CURVE_SECRETKEY, keys.secret_key);
    }
    Status listen(const std::string& at) {
        if (is_ipv6(at)) { set(handle, ZMQ_IPV6, 1); }
        if (at.starts_with(kIpc) && is_served(at.substr(kIpc.size()))) { return in_use(at); }
        const std::string address = at.ends_with(":0") ? at.substr(0, at.size() - 1) + "*" : at;
        if (zmq_bind(handle, address.c_str()) != 0) { return failed("listen on", at); }
        return {};
    }
    [[nodiscard]] std::string bound_to(const std::string& at) const {
        std::array<char, 512> bound{};
        std::size_t length = bound.size();
        return zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, bound.data(), &length) == 0
                   ? std::string(bound.data())
                   : at;
    }

    /// The first of two frames.
    [[nodiscard]] bool begins_with(std::string_view peer_or_topic) const {
        return zmq_send(handle, peer_or_topic.data(), peer_or_topic.size(), ZMQ_DONTWAIT | ZMQ_SNDMORE) >= 0;
    }
    /// One whole message; its frames beyond the second are read away. Number of frames, 0: nothing there.
    int receive() {
        if (zmq_msg_recv(&first, handle, ZMQ_DONTWAIT) < 0) { return 0; }
        last = &first;
        int frames = 1;
        bool more = zmq_msg_more(&first) != 0;
        while (more) {
            if (zmq_msg_recv(&second, handle, ZMQ_DONTWAIT) < 0) { break; }
            more = zmq_msg_more(&second) != 0;
            last = &second;
            ++frames;
        }
        return frames;
    }
};

Socket::Socket(std::unique_ptr<State> state) : state_(std::move(state)) {}
Socket::Socket(Socket&&) noexcept = default;
Socket& Socket::operator=(Socket&&) noexcept = default;
Socket::~Socket() = default;

// Options are of the addresses that are bound after they were set: plain ones come first.
Result<Socket> Socket::bind(Context& context, Kind kind, const std::string& endpoint,
                            const SocketOptions& options) {
    const auto& keys = context.keys();
    std::vector<std::string> addresses{endpoint};
    if (!options.also.empty()) { addresses.push_back(options.also); }
    for (const std::string& address : addresses) {
        if (auto judged = judge(address, keys.has_value()); !judged) { return judged.error(); }
    }
    const auto made = context.socket(type_of(kind), endpoint);
    if (!made) { return made.error(); }
    void* const handle = *made;
    auto state = std::make_unique<State>(handle, kind);
    state->bound(options);
    std::stable_partition(addresses.begin(), addresses.end(), [](const auto& at) { return !is_tcp(at); });
    for (const std::string& address : addresses) {
        if (keys && is_tcp(address) && !state->guarded) { state->guard(*keys, options.name); }
        if (auto listens = state->listen(address); !listens) { return listens.error(); }
        if (state->guarded) { state->guarded_ports.push_back(port_of(state->bound_to(address))); }
        if (address == endpoint) { state->endpoint = state->bound_to(address); }
    }
    return Socket(std::move(state));
}

Result<Socket> Socket::connect(Context& context, Kind kind, const std::string& endpoint,
                               const SocketOptions& options) {
    const auto& keys = context.keys();
    if (auto judged = judge(endpoint, keys.has_value()); !judged) { return judged.error(); }
    const auto made = context.socket(type_of(kind), endpoint);
    if (!made) { return made.error(); }
    void* const handle = *made;
    auto state = std::make_unique<State>(handle, kind);
    state->bound(options);
    if (keys && is_tcp(endpoint)) {
        state->prove(*keys);
        const Link link{.endpoint = endpoint,
                        .holder = std::string(to_string(keys->role)) + " " + keys->name,
                        .rests = options.rests};
        state->link = std::make_unique<LinkMonitor>(context.handle(), handle, link);
    }
    if (is_ipv6(endpoint)) { set(handle, ZMQ_IPV6, 1); }
    if (zmq_connect(handle, endpoint.c_str()) != 0) { return failed("connect to", endpoint); }
    state->endpoint = endpoint;
    return Socket(std::move(state));
}

bool Socket::send(std::span<const std::uint8_t> frame) {
    return zmq_send(state_->handle, frame.data(), frame.size(), ZMQ_DONTWAIT) >= 0;
}

bool Socket::send(std::string_view peer_or_topic, std::span<const std::uint8_t> frame) {
    return state_->begins_with(peer_or_topic) && send(frame);
}

struct Frame::State {
    zmq_msg_t message{};
};

Frame::Frame(std::size_t bytes) : state_(std::make_unique<State>()) {
    if (zmq_msg_init_size(&state_->message, bytes) != 0) { throw std::bad_alloc(); }
}
Frame::Frame(Frame&&) noexcept = default;
Frame::~Frame() {
    if (state_) { zmq_msg_close(&state_->message); }
}
std::span<std::uint8_t> Frame::bytes() noexcept {
    return {static_cast<std::uint8_t*>(zmq_msg_data(&state_->message)), zmq_msg_size(&state_->message)};
}

bool Socket::send(Frame& frame) {
    return zmq_msg_send(&frame.state_->message, state_->handle, ZMQ_DONTWAIT) >= 0;
}

bool Socket::send(std::string_view peer_or_topic, Frame& frame) {
    return state_->begins_with(peer_or_topic) && send(frame);
}

bool Socket::give(Bytes& frame) {
    if (frame.size() < kGivenMin) {
        if (!send(frame)) { return false; }
        frame.clear();
        return true;
    }
    auto holder = std::make_unique<Bytes>(std::move(frame));
    zmq_msg_t message;
    const auto release = [](void*, void* held) {
        const std::unique_ptr<Bytes> last(static_cast<Bytes*>(held));
    };
    if (zmq_msg_init_data(&message, holder->data(), holder->size(), release, holder.get()) != 0) {
        throw std::bad_alloc();
    }
    Bytes* const held = holder.release();  // the message's
    if (zmq_msg_send(&message, state_->handle, ZMQ_DONTWAIT) >= 0) { return true; }
    frame = std::move(*held);
    zmq_msg_close(&message);
    return false;
}

bool Socket::give(std::string_view peer_or_topic, Bytes& frame) {
    return state_->begins_with(peer_or_topic) && give(frame);
}

bool Socket::receive(std::string& peer, std::span<std::uint8_t>& frame) {
    for (int tries = 0; tries < kMalformedARead; ++tries) {
        const int frames = state_->receive();
        if (frames == 0) { return false; }
        if (frames != 2) {
            ++state_->malformed;
            continue;
        }
        peer.assign(static_cast<const char*>(zmq_msg_data(&state_->first)), zmq_msg_size(&state_->first));
        frame = {static_cast<std::uint8_t*>(zmq_msg_data(&state_->second)), zmq_msg_size(&state_->second)};
        return true;
    }
    return false;
}

bool Socket::receive(std::span<std::uint8_t>& frame) {
    for (int tries = 0; tries < kMalformedARead; ++tries) {
        const int frames = state_->receive();
        if (frames == 0) { return false; }
        if (frames != 1) {
            ++state_->malformed;
            continue;
        }
        frame = {static_cast<std::uint8_t*>(zmq_msg_data(&state_->first)), zmq_msg_size(&state_->first)};
        return true;
    }
    return false;
}

bool Socket::receive(std::string& peer, Bytes& frame) {
    std::span<std::uint8_t> there;
    if (!receive(peer, there)) { return false; }
    frame.assign(there.begin(), there.end());
    return true;
}

bool Socket::receive(Bytes& frame) {
    std::span<std::uint8_t> there;
    if (!receive(there)) { return false; }
    frame.assign(there.begin(), there.end());
    return true;
}

bool Socket::receive_subscription(std::string& topic) {
    while (state_->receive() > 0) {
        const auto* data = static_cast<const char*>(zmq_msg_data(&state_->first));
        const std::size_t size = zmq_msg_size(&state_->first);
        if (size == 0 || data[0] != 1) { continue; }  // the end of one
        topic.assign(data + 1, size - 1);
        return true;
    }
    return false;
}

void Socket::subscribe(std::string_view topic_prefix) {
    NIAS_CHECK(zmq_setsockopt(state_->handle, ZMQ_SUBSCRIBE, topic_prefix.data(), topic_prefix.size()) == 0,
               "only SUB sockets subscribe");
}

void Socket::unsubscribe(std::string_view topic_prefix) {
    NIAS_CHECK(zmq_setsockopt(state_->handle, ZMQ_UNSUBSCRIBE, topic_prefix.data(), topic_prefix.size()) == 0,
               "only SUB sockets unsubscribe");
}

std::string Socket::endpoint() const { return state_->endpoint; }
std::uint64_t Socket::malformed() const noexcept { return state_->malformed; }
bool Socket::is_guarded() const noexcept { return state_->guarded; }

std::optional<Peer> Socket::sender() const {
    const char* user = zmq_msg_gets(state_->last, "User-Id");
    return user == nullptr ? std::nullopt : parse_user(user);
}

std::string Socket::sender_address() const {
    const char* address = zmq_msg_gets(state_->last, "Peer-Address");
    return address == nullptr || sender() == std::nullopt ? std::string() : std::string(address);
}

const std::vector<std::uint16_t>& Socket::guarded_ports() const noexcept { return state_->guarded_ports; }

// libzmq does not try again after a handshake that the server refused; the enrolment may have changed.
std::string Socket::tend(Time now) {
    if (!state_->link) { return {}; }
    state_->link->read(now);
    if (state_->link->given_up(now)) {
        zmq_disconnect(state_->handle, state_->endpoint.c_str());
        if (zmq_connect(state_->handle, state_->endpoint.c_str()) != 0) {
            return failed("connect to", state_->endpoint).message;
        }
    }
    return state_->link->words(now);
}
std::string Socket::refusal() const { return state_->link ? state_->link->refusal() : std::string(); }
void* Socket::handle() const noexcept { return state_->handle; }

Waker::Waker() : descriptor_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    NIAS_CHECK(descriptor_ >= 0, "the system has a descriptor left");
}
Waker::~Waker() {
    if (descriptor_ >= 0) { ::close(descriptor_); }
}
Waker::Waker(Waker&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

void Waker::wake() const noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t put = ::write(descriptor_, &one, sizeof one);  // full means: woken already
}
void Waker::drain() const noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(descriptor_, &count, sizeof count);  // empty means: not woken
}

std::vector<bool> wait_readable(std::span<Socket* const> sockets, const Waker* waker,
                                std::chrono::milliseconds timeout) {
    std::vector<zmq_pollitem_t> items;
    items.reserve(sockets.size() + 1);
    for (const Socket* socket : sockets) { items.push_back({socket->handle(), 0, ZMQ_POLLIN, 0}); }
    if (waker != nullptr) { items.push_back({nullptr, waker->descriptor(), ZMQ_POLLIN, 0}); }
    zmq_poll(items.data(), static_cast<int>(items.size()),
             timeout.count());  // an interrupt reads as a time-out
    std::vector<bool> readable(sockets.size());
    for (std::size_t i = 0; i < sockets.size(); ++i) { readable[i] = (items[i].revents & ZMQ_POLLIN) != 0; }
    return readable;
}

}  // namespace nias::net
