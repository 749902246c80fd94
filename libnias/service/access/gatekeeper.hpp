/// Decides who may connect from other machines: a thread answers at a context's gate, by a server's list.
/// Used by ventilator and sink, with which it shares only the stop flag.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/clock_types.hpp"
#include "net/gate.hpp"
#include "net/socket.hpp"

namespace nias::service {

/// A server's links to other machines, as its options say.
struct Access {
    std::optional<Enrolment> enrolment;  ///< the folder of keys; without one nothing is encrypted
    Endpoints at;                        ///< where it listens besides; empty addresses: nowhere

    /// `keys`: the folder, or empty; `machines`: `HOST[:PORT]`, or empty. `invalid`: not an address, or
    /// machines without keys.
    static Result<Access> open(const std::string& keys, const std::string& machines);
    /// With the server's own pair.
    [[nodiscard]] net::Context make_context() const;
};

class Gatekeeper {
public:
    /// Opens the gate: to be done before any socket of the context is bound. Nothing, where `access` has no
    /// enrolment.
    static Result<std::unique_ptr<Gatekeeper>> open(net::Context& context, const Access& access);
    ~Gatekeeper();
    Gatekeeper(const Gatekeeper&) = delete;
    Gatekeeper& operator=(const Gatekeeper&) = delete;

    /// Connections that come in here end when their peer is revoked. Before the peers of `socket` connect.
    void guard(const net::Socket& socket);
    /// Woken whenever somebody was revoked, until the next call; null: nobody is.
    void tell(const net::Waker* loop);
    /// Peers that were revoked since the last call: they are to be told now, for their connections end within
    /// two seconds. Any thread.
    [[nodiscard]] std::vector<Peer> drain_revoked();

private:
    Gatekeeper(net::Gate gate, Enrolment enrolment);
    void run();
    std::optional<Peer> judge(std::string_view socket, const std::string& public_key,
                              std::string_view address);
    void refused(std::string words, Time now);
    void note_revoked(Time now);
    void end_revoked(Time now);

    /// The addresses that one key connected from; past kAddressesMax the oldest is forgotten.
    using Addresses = std::vector<std::string>;
    static constexpr std::size_t kAddressesMax = 16;

    net::Gate gate_;  // touched by thread_ only, once it runs, as all to the next blank line
    net::Admission admission_;
    std::string fault_told_;
    std::uint64_t untold_ = 0;
    Time told_{};
    std::unordered_map<std::string, Addresses> addresses_;  ///< by public key, of those on the list
    std::set<std::string> to_end_;                          ///< addresses of peers that were revoked
    Time ends_at_{};

    std::mutex mutex_;  ///< guards all to the next blank line
    std::vector<Peer> revoked_;
    std::set<std::uint16_t> ports_;
    const net::Waker* loop_ = nullptr;

    net::Waker waker_;
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

}  // namespace nias::service
