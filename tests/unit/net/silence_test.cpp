// A connection whose line was cut is made anew, in the time that its listener chose.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <list>
#include <thread>
#include <vector>

#include "base/host/descriptor.hpp"
#include "net/socket.hpp"

using namespace std::chrono_literals;

namespace nias::net {
namespace {

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// A line to a port of the loopback. A connection that was cut stays open and carries nothing more, as one
/// through a switch that lost its power; those that are made later are whole.
class Line {
public:
    explicit Line(int far_port) : far_port_(far_port), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
        auto any = loopback(0);
        socklen_t length = sizeof any;
        EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&any), length), 0);
        EXPECT_EQ(::listen(listener_.get(), 8), 0);
        EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&any), &length), 0);
        endpoint_ = "tcp://127.0.0.1:" + std::to_string(ntohs(any.sin_port));
        carrier_ = std::jthread([this](const std::stop_token& stop) { carry(stop); });
    }
    [[nodiscard]] const std::string& endpoint() const { return endpoint_; }
    void cut() { cut_asked_.store(true); }
    [[nodiscard]] bool is_cut() const { return !cut_asked_.load(); }  ///< the carrier has heard of it

private:
    struct Connection {
        Descriptor near, far;
        bool whole = true;
    };
    void accept() {
        Connection made{Descriptor(::accept(listener_.get(), nullptr, nullptr)),
                        Descriptor(::socket(AF_INET, SOCK_STREAM, 0))};
        const auto far = loopback(far_port_);
        if (::connect(made.far.get(), reinterpret_cast<const sockaddr*>(&far), sizeof far) == 0) {
            connections_.push_back(std::move(made));
        }
    }
    static bool pass(const Descriptor& from, const Descriptor& to) {
        std::array<char, 4096> bytes{};
        const ssize_t count = ::recv(from.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (count < 0) { return errno == EAGAIN; }
        return count > 0 &&
               ::send(to.get(), bytes.data(), static_cast<std::size_t>(count), MSG_NOSIGNAL) == count;
    }
    void carry(const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            if (cut_asked_.load()) {
                for (Connection& one : connections_) { one.whole = false; }
                cut_asked_.store(false);
            }
            std::vector<pollfd> all{{listener_.get(), POLLIN, 0}};
            for (const Connection& one : connections_) {
                if (!one.whole) { continue; }
                all.push_back({one.near.get(), POLLIN, 0});
                all.push_back({one.far.get(), POLLIN, 0});
            }
            ::poll(all.data(), all.size(), 10);
            if (all.front().revents != 0) { accept(); }
            connections_.remove_if([](const Connection& one) {
                return one.whole && !(pass(one.near, one.far) && pass(one.far, one.near));
            });
        }
    }

    int far_port_;
    Descriptor listener_;
    std::string endpoint_;
    std::list<Connection> connections_;
    std::atomic<bool> cut_asked_{false};
    std::jthread carrier_;
};

Bytes next(Socket& socket, std::string* peer, std::chrono::milliseconds patience) {
    Bytes frame;
    const std::array<Socket*, 1> sockets{&socket};
    if (!wait_readable(sockets, nullptr, patience)[0]) { return frame; }
    peer != nullptr ? (void)socket.receive(*peer, frame) : (void)socket.receive(frame);
    return frame;
}

TEST(Silence, EndsAConnectionThatWasCutAndTheOtherSideMakesANewOne) {
    Context context;
    auto listens =
        Socket::bind(context, Kind::router, "tcp://127.0.0.1:0", {.name = "control", .silence_max = 300ms});
    ASSERT_TRUE(listens) << listens.error().message;
    Line line(std::stoi(listens->endpoint().substr(listens->endpoint().rfind(':') + 1)));
    auto calls = Socket::connect(context, Kind::dealer, line.endpoint(), {.routing_id = "lab2"});
    ASSERT_TRUE(calls) << calls.error().message;
    std::string peer;
    ASSERT_TRUE(calls->send(Bytes{1}));
    ASSERT_EQ(next(*listens, &peer, 10s), Bytes{1});

    // It is told with the first question for a sign of life, which a third of the silence brings.
    ASSERT_EQ(next(*listens, &peer, 300ms), Bytes{});

    line.cut();
    while (!line.is_cut()) { std::this_thread::yield(); }
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    Bytes came;
    while (came.empty() && std::chrono::steady_clock::now() < deadline) {
        (void)calls->send(Bytes{2});
        came = next(*listens, &peer, 50ms);
    }
    EXPECT_EQ(came, Bytes{2}) << "the line has been whole again all the time";
    EXPECT_EQ(peer, "lab2");
    ASSERT_TRUE(listens->send(peer, Bytes{3}));
    EXPECT_EQ(next(*calls, nullptr, 10s), Bytes{3});
}

TEST(Silence, OfAConnectionThatIsWholeEndsNothing) {
    Context context;
    auto listens =
        Socket::bind(context, Kind::router, "tcp://127.0.0.1:0", {.name = "control", .silence_max = 300ms});
    ASSERT_TRUE(listens) << listens.error().message;
    auto calls = Socket::connect(context, Kind::dealer, listens->endpoint(), {.routing_id = "lab2"});
    ASSERT_TRUE(calls) << calls.error().message;
    std::string peer;
    ASSERT_TRUE(calls->send(Bytes{1}));
    ASSERT_EQ(next(*listens, &peer, 10s), Bytes{1});
    EXPECT_EQ(next(*listens, &peer, 1s), Bytes{}) << "three times the silence, with nothing to say";
    ASSERT_TRUE(listens->send("lab2", Bytes{2})) << "a message to a peer that is gone is refused";
    EXPECT_EQ(next(*calls, nullptr, 10s), Bytes{2});
}

}  // namespace
}  // namespace nias::net
