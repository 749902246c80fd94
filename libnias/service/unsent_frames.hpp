/// Frames that a PUSH socket has not taken, because its connection is not there yet or its queue is full: a
/// few are kept and tried again soon, so that the first ones of a start need not wait until they are
/// repeated. Used by worker and sink, whose peers repeat what is lost all the same. A resource; one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>

#include "net/socket.hpp"

namespace nias::service {

class UnsentFrames {
public:
    static constexpr std::size_t kFramesMax = 64;
    static constexpr auto kAskAgain = std::chrono::milliseconds(10);  ///< while there are any

    /// Sends it behind those that wait. False: it was dropped, as many as may wait already.
    [[nodiscard]] bool give(net::Socket& socket, Bytes frame) {
        retry(socket);
        if (frames_.empty() && socket.give(frame)) { return true; }
        if (frames_.size() >= kFramesMax) { return false; }
        frames_.push_back(std::move(frame));
        return true;
    }
    void retry(net::Socket& socket) {
        while (!frames_.empty() && socket.give(frames_.front())) { frames_.pop_front(); }
    }
    [[nodiscard]] bool empty() const { return frames_.empty(); }

private:
    std::deque<Bytes> frames_;
};

}  // namespace nias::service
