/// Counts the frames that a loop could not use, and tells of them in the log once a minute at most, so
/// that a broken or hostile peer fills no disk. Used by the loops of ventilator, sink, worker and watcher.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "net/socket.hpp"

namespace nias::service {

class DroppedFrames {
public:
    /// `socket`: its name in the log.
    explicit DroppedFrames(std::string socket) : socket_(std::move(socket)) {}

    /// One more, and why. The first is told at once.
    void add(std::string_view why, Time now);
    /// A message that another socket takes.
    void add_misplaced(std::string_view message, Time now);
    /// Counts what the socket itself dropped for its shape, and tells what is due. Call now and then.
    void look(const net::Socket& socket, Time now);
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

private:
    void tell(Time now);

    std::string socket_;
    std::string last_;
    std::uint64_t count_ = 0;
    std::uint64_t untold_ = 0;
    std::uint64_t malformed_ = 0;  ///< malformed frames that `count_` has counted
    Time told_{};
};

}  // namespace nias::service
