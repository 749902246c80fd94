/// Follows an encrypted connection of ours, as libzmq tells of it: why the server would not have it, and
/// whether libzmq has given it up. Private to net; the thread of its socket.
#pragma once

#include <string>

#include "base/clock_types.hpp"

namespace nias::net {

struct Link {
    std::string endpoint;
    std::string holder;  ///< holder of the key, for the words
    bool rests = false;  ///< nobody may look at it for hours: what can come again and again is not heard
};

class LinkMonitor {
public:
    /// Listens to `socket`, which lives longer.
    LinkMonitor(void* context, void* socket, Link link);
    LinkMonitor(const LinkMonitor&) = delete;
    LinkMonitor& operator=(const LinkMonitor&) = delete;
    ~LinkMonitor();

    /// Takes in what was told since the last call.
    void read(Time now);
    /// A sentence for the log: a trouble at most once a minute, and that it is over; empty: nothing to say.
    [[nodiscard]] std::string words(Time now);
    /// Why the server does not admit this key; empty: it does, or nobody knows yet.
    [[nodiscard]] std::string refusal() const;
    /// Refused connections are not tried again by libzmq. True once a second for one that should be.
    [[nodiscard]] bool given_up(Time now);

private:
    enum class Trouble { none, refused, ended, misunderstood };
    void note(unsigned event, Time now);
    [[nodiscard]] std::string sentence() const;

    void* socket_;
    void* events_ = nullptr;
    Link link_;
    Trouble trouble_ = Trouble::none;
    Trouble told_ = Trouble::none;
    Time told_at_{};
    Time given_up_at_{};  ///< zero: it stands, or libzmq tries again
    int failures_ = 0;
};

}  // namespace nias::net
