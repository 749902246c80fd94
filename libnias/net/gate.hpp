/// The gate of a context: libzmq asks it whether the holder of a key may connect to an encrypted socket (ZAP,
/// ZeroMQ RFC 27). And whom it admits: the roles of each socket, and a list that is followed as it changes.
/// Used by service, which gives it a thread of its own.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <nias/keys.hpp>

#include "net/socket.hpp"

namespace nias::net {

/// Writes a peer as the one word that libzmq keeps with a connection («worker lab2»), and reads it back.
[[nodiscard]] std::string user_of(const Peer& peer);
[[nodiscard]] std::optional<Peer> parse_user(std::string_view user);

/// Whether a role has anything to do at the socket of this name (docs/protocol.md).
[[nodiscard]] bool admits(std::string_view socket, Role role);

/// Decides by the list of an Enrolment. It is read again when the file has changed; while it cannot be read,
/// the last one that could is followed.
class Admission {
public:
    explicit Admission(Enrolment enrolment);
    /// The peer, or why it is not admitted.
    [[nodiscard]] Result<Peer> judge(std::string_view socket, const std::string& public_key);
    /// Looks whether the list has changed.
    void follow();
    /// Peers whose keys were on the list and are not any more, since the last call.
    [[nodiscard]] std::vector<Peer> drain_revoked() { return std::exchange(revoked_, {}); }
    /// Why the list cannot be read; empty: it can.
    [[nodiscard]] const std::string& fault() const { return fault_; }

private:
    struct Version {
        std::uint64_t inode = 0;
        std::int64_t changed_ns = 0;
        std::int64_t size = -1;
        bool operator==(const Version&) const = default;
    };
    Enrolment enrolment_;
    Version version_;
    std::unordered_map<std::string, Peer> peers_;  ///< by public key
    std::vector<Peer> revoked_;
    std::string fault_;
};

/// One a context, opened before its sockets and closed after them. One thread from answer() on.
class Gate {
public:
    /// The socket's name, the public key, and the address that it is said to come from.
    using Judge = std::function<std::optional<Peer>(std::string_view socket, const std::string& public_key,
                                                    std::string_view address)>;
    static Result<Gate> open(Context& context);
    Gate(Gate&&) noexcept;
    ~Gate();
    /// Waits until somebody asks, the waker was woken or the time is over, and answers all who have asked.
    void answer(const Judge& judge, const Waker& waker, std::chrono::milliseconds patience);

private:
    explicit Gate(void* handle) : handle_(handle) {}
    void* handle_;
};

}  // namespace nias::net
