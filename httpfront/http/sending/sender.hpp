/// Sends answers. What a client takes at once goes on the caller's thread; the rest goes on one thread that
/// serves all who take their answers slowly, so that none of them holds a thread of the lanes. It also reads
/// what refused clients still send, for a while. Used by server; any thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "http/sending/outgoing.hpp"

namespace nias::httpfront {

class Sender {
public:
    /// `back`: gets the connections whose client may ask again. Called on the sender's thread and on those
    /// that call send().
    explicit Sender(std::function<void(std::unique_ptr<Connection>)> back);
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;
    ~Sender();  ///< closes what is not sent

    void send(std::unique_ptr<Connection> connection, Outgoing outgoing);
    /// Waits until all is sent. False: not within `patience`.
    [[nodiscard]] bool wait_idle(std::chrono::milliseconds patience);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace nias::httpfront
