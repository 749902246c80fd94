/// ZeroMQ sockets with every bound set on purpose, a poller, and a wake-up. The only user of zmq.
/// Used by service. A socket lives and dies on one thread; Context and Waker may be shared.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nias/keys.hpp>
#include <nias/task.hpp>

#include "base/clock_types.hpp"
#include "wire/limits.hpp"

namespace nias::net {

/// One a process or service: owns libzmq's threads, and the keys of what is opened in it. A copy is the same
/// context, which ends with the last of them. Where the host has no threads or descriptors left for it, every
/// socket in it answers `unavailable`.
class Context {
public:
    /// With keys every TCP connection is encrypted, without them none is and TCP stays on the loopback. ipc
    /// and inproc stay plain: who may open the socket's file is whom the data directory admits.
    explicit Context(std::optional<Keys> keys = std::nullopt);
    /// For inproc addresses alone: without keys, and without a thread for connections.
    [[nodiscard]] static Context of_one_process();
    [[nodiscard]] void* handle() const noexcept;
    [[nodiscard]] const std::optional<Keys>& keys() const noexcept;

private:
    friend class Gate;
    friend class Socket;
    struct State;
    /// A socket of libzmq of this type. `unavailable`: no descriptors are left for it.
    [[nodiscard]] Result<void*> socket(int type, const std::string& endpoint) const;
    explicit Context(std::shared_ptr<State> state) : state_(std::move(state)) {}
    std::shared_ptr<State> state_;
};

enum class Kind { push, pull, router, dealer, xpub, sub };

/// MAXMSGSIZE is `frame_bytes_max`, LINGER 0 (1 s for push at close), HANDSHAKE_IVL and HEARTBEAT set,
/// PUSH is IMMEDIATE, ROUTER is MANDATORY + HANDOVER. Messages in each direction at most `hwm`.
struct SocketOptions {
    int hwm = 1000;
    std::string routing_id{};  ///< dealer only; empty: drawn by the peer
    std::string name{};  ///< bind only: what the socket is called, for the judge of the gate (net/gate.hpp)
    std::string also{};  ///< bind only: a second address; empty: none
    /// A connection that says nothing for so long, at least 300 ms, is ended by both sides, and made anew by
    /// the one that connects: TCP itself would repeat into a line that was cut ever more rarely.
    std::chrono::milliseconds silence_max{15'000};
    bool rests = false;  ///< connect only: its owner may not call tend() for hours
    std::size_t frame_bytes_max = wire::kFrameBytesMax;
};

/// A message that is filled where it will be sent from. One thread at a time.
class Frame {
public:
    explicit Frame(std::size_t bytes);
    ~Frame();
    Frame(Frame&&) noexcept;
    Frame& operator=(Frame&&) = delete;
    [[nodiscard]] std::span<std::uint8_t> bytes() noexcept;  ///< uninitialised bytes of the message

private:
    friend class Socket;
    struct State;
    std::unique_ptr<State> state_;
};

class Socket {
public:
    /// `conflict`: the address is in use; one of ours is free once the closed socket's context is gone.
    /// `invalid`: not an address, or a TCP address that leaves this host while the context has no keys.
    /// Encrypted addresses admit whom the context's Gate does; nobody where there is none. `unavailable`: too
    /// few descriptors are left.
    static Result<Socket> bind(Context& context, Kind kind, const std::string& endpoint,
                               const SocketOptions& options = {});
    static Result<Socket> connect(Context& context, Kind kind, const std::string& endpoint,
                                  const SocketOptions& options = {});
    Socket(Socket&&) noexcept;
    Socket& operator=(Socket&&) noexcept;
    ~Socket();

    /// Never blocks. False: the peer is gone or its queue is full; the message was not taken.
    [[nodiscard]] bool send(std::span<const std::uint8_t> frame);
    /// ROUTER: to a peer; XPUB: with a topic. Two frames on the wire.
    [[nodiscard]] bool send(std::string_view peer_or_topic, std::span<const std::uint8_t> frame);
    /// The same without a copy. The frame is empty afterwards, or as it was where it was not taken.
    [[nodiscard]] bool send(Frame& frame);
    [[nodiscard]] bool send(std::string_view peer_or_topic, Frame& frame);
    /// And of bytes, where they are many.
    [[nodiscard]] bool give(Bytes& frame);
    [[nodiscard]] bool give(std::string_view peer_or_topic, Bytes& frame);
    /// Never blocks. A message of any other shape than the kind's (1 frame; 2 for ROUTER and SUB) is
    /// dropped and counted. ROUTER and SUB give the peer or topic in `peer`.
    [[nodiscard]] bool receive(std::string& peer, Bytes& frame);
    [[nodiscard]] bool receive(Bytes& frame);
    /// The same without a copy: the frame lies in the socket until its next receive().
    [[nodiscard]] bool receive(std::string& peer, std::span<std::uint8_t>& frame);
    [[nodiscard]] bool receive(std::span<std::uint8_t>& frame);
    /// XPUB: the topic that somebody has begun to hear; libzmq has acted on it. False: none is left to tell.
    [[nodiscard]] bool receive_subscription(std::string& topic);
    void subscribe(std::string_view topic_prefix);    ///< SUB only
    void unsubscribe(std::string_view topic_prefix);  ///< SUB only; of what was subscribed
    [[nodiscard]] std::string endpoint() const;       ///< as bound: with the port that was given for 0
    [[nodiscard]] bool is_guarded()
        const noexcept;  ///< bound to an encrypted address, perhaps beside plain ones
    /// The peer that sent the message received last. nullopt: it came over a plain connection.
    [[nodiscard]] std::optional<Peer> sender() const;
    /// Where the message that was received last came from, for people; empty: not over TCP.
    [[nodiscard]] std::string sender_address() const;
    /// The ports of the encrypted addresses that it is bound to.
    [[nodiscard]] const std::vector<std::uint16_t>& guarded_ports() const noexcept;
    /// Tends an encrypted connection of ours: tries again where the server would not have it, and gives the
    /// words for the log, a few a minute at most. Empty: all is well, or the connection is plain. Cheap; to
    /// be called in every round of the owner's loop.
    [[nodiscard]] std::string tend(Time now);
    /// Why the server does not admit the key of this connection, as of the last tend(); empty: it does, or
    /// the connection is plain, or nobody knows yet.
    [[nodiscard]] std::string refusal() const;
    [[nodiscard]] std::uint64_t malformed() const noexcept;
    [[nodiscard]] void* handle() const noexcept;

private:
    struct State;
    explicit Socket(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// Wakes a poll from another thread or a signal handler (eventfd).
class Waker {
public:
    Waker();
    ~Waker();
    Waker(Waker&&) noexcept;
    void wake() const noexcept;  ///< async-signal-safe
    void drain() const noexcept;
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

private:
    int descriptor_ = -1;
};

/// Waits until one of the sockets can be read, the waker was woken, or the time is over.
/// Returns for each socket whether it is readable.
[[nodiscard]] std::vector<bool> wait_readable(std::span<Socket* const> sockets, const Waker* waker,
                                              std::chrono::milliseconds timeout);

}  // namespace nias::net
