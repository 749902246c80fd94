#include "net/link_monitor.hpp"

#include <zmq.h>

#include <cstdint>
#include <cstring>

#include "base/check.hpp"

namespace nias::net {
namespace {

constexpr auto kTellEvery = std::chrono::minutes(1);
constexpr auto kTryAgainAfter = std::chrono::seconds(1);
// A server that is killed in the middle of a handshake ends it too; one that has other keys ends each.
constexpr int kEndedInARow = 3;
constexpr int kEventsARead = 256;
// libzmq's own thread waits where these are not read away. So nothing is listened to that can come again and
// again with nobody looking: after a refusal there is no second one before tend() has tried again.
constexpr int kEvents =
    ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;

}  // namespace

LinkMonitor::LinkMonitor(void* context, void* socket, Link link) : socket_(socket), link_(std::move(link)) {
    const std::string address = "inproc://link." + std::to_string(reinterpret_cast<std::uintptr_t>(socket));
    const int events = link_.rests ? kEvents : kEvents | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
    NIAS_CHECK(zmq_socket_monitor(socket_, address.c_str(), events) == 0, "libzmq tells of a socket");
    events_ = zmq_socket(context, ZMQ_PAIR);
    NIAS_CHECK(events_ != nullptr, "libzmq makes a socket");
    const int no_linger = 0;
    NIAS_CHECK(zmq_setsockopt(events_, ZMQ_LINGER, &no_linger, sizeof no_linger) == 0 &&
                   zmq_connect(events_, address.c_str()) == 0,
               "libzmq tells of a socket");
}

LinkMonitor::~LinkMonitor() {
    zmq_socket_monitor(socket_, nullptr, 0);
    zmq_close(events_);
}

// Two frames: number and value of the event, then the address.
void LinkMonitor::read(Time now) {
    for (int i = 0; i < kEventsARead; ++i) {
        std::uint8_t event[6];
        if (zmq_recv(events_, event, sizeof event, ZMQ_DONTWAIT) != static_cast<int>(sizeof event)) {
            return;
        }
        char address[1];
        zmq_recv(events_, address, sizeof address, ZMQ_DONTWAIT);
        std::uint16_t number = 0;
        std::memcpy(&number, event, sizeof number);
        note(number, now);
    }
}

void LinkMonitor::note(unsigned event, Time now) {
    switch (event) {
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
            trouble_ = Trouble::none;
            failures_ = 0;
            given_up_at_ = {};
            break;
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
            trouble_ = Trouble::refused;
            given_up_at_ = now;
            break;
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
            trouble_ = Trouble::misunderstood;
            given_up_at_ = now;
            break;
        default:  // ended without a word: libzmq tries again by itself
            if (++failures_ >= kEndedInARow) { trouble_ = Trouble::ended; }
            break;
    }
}

std::string LinkMonitor::sentence() const {
    switch (trouble_) {
        case Trouble::none: return "the server at " + link_.endpoint + " admits the key of " + link_.holder;
        case Trouble::refused:
            return "the server at " + link_.endpoint + " refuses the key of " + link_.holder +
                   ": enrol it there with «nias enroll», and use it for what its role admits";
        case Trouble::ended:
            return "the server at " + link_.endpoint + " does not know itself in the key of " + link_.holder +
                   ": it has other keys than when «nias enroll» made this one, or listens unencrypted";
        case Trouble::misunderstood:
            return "what is at " + link_.endpoint +
                   " does not speak as an encrypted NIAS server does: look at the address, and at the "
                   "version there";
    }
    return {};
}

std::string LinkMonitor::words(Time now) {
    if (trouble_ == Trouble::none) {
        if (told_ == Trouble::none) { return {}; }
    } else {
        if (told_at_ != Time{} && now - told_at_ < kTellEvery) { return {}; }
        told_at_ = now;
    }
    told_ = trouble_;
    return sentence();
}

std::string LinkMonitor::refusal() const { return trouble_ == Trouble::refused ? sentence() : std::string(); }

bool LinkMonitor::given_up(Time now) {
    if (given_up_at_ == Time{} || now - given_up_at_ < kTryAgainAfter) { return false; }
    given_up_at_ = now;
    return true;
}

}  // namespace nias::net
