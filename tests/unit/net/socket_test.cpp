#include "net/socket.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>

#include "support/temp_folder.hpp"
#include "wire/limits.hpp"

using namespace std::chrono_literals;

namespace nias::net {
namespace {

constexpr auto kPatience = 20s;

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

class SocketTest : public testing::Test {
protected:
    [[nodiscard]] std::string address(const std::string& name) const {
        return "ipc://" + folder_.path() + "/" + name;
    }
    Socket bound(Kind kind, const std::string& endpoint, const SocketOptions& options = {}) {
        auto socket = Socket::bind(context_, kind, endpoint, options);
        EXPECT_TRUE(socket) << socket.error().message;
        return std::move(*socket);
    }
    Socket connected(Kind kind, const std::string& endpoint, const SocketOptions& options = {}) {
        auto socket = Socket::connect(context_, kind, endpoint, options);
        EXPECT_TRUE(socket) << socket.error().message;
        return std::move(*socket);
    }
    Error refusal(Kind kind, const std::string& endpoint) {
        auto socket = Socket::bind(context_, kind, endpoint);
        auto other = Socket::connect(context_, kind, endpoint);
        if (socket || other) { return {ErrorCode::internal, endpoint + " was taken"}; }
        EXPECT_EQ(socket.error(), other.error());
        return socket.error();
    }
    static bool readable(Socket& socket, std::chrono::milliseconds patience = kPatience) {
        const std::array<Socket*, 1> sockets{&socket};
        return wait_readable(sockets, nullptr, patience)[0];
    }
    /// Sends until the peer is there to take it.
    static bool send_when_connected(Socket& from, const Bytes& frame) {
        const auto deadline = std::chrono::steady_clock::now() + kPatience;
        while (std::chrono::steady_clock::now() < deadline) {
            if (from.send(frame)) { return true; }
            std::this_thread::yield();
        }
        return false;
    }
    static Bytes received(Socket& socket) {
        Bytes frame;
        if (!readable(socket) || !socket.receive(frame)) { ADD_FAILURE() << "nothing came"; }
        return frame;
    }

    test::TempFolder folder_;
    Context context_;
};

// A9
TEST_F(SocketTest, RefusesTcpThatLeavesThisHostInWords) {
    for (const std::string endpoint :
         {"tcp://0.0.0.0:5555", "tcp://*:5555", "tcp://192.168.1.7:5555", "tcp://lab1.example:5555",
          "tcp://[::]:5555", "tcp://eth0:5555", "tcp://localhost.evil.example:5555"}) {
        const Error error = refusal(Kind::pull, endpoint);
        EXPECT_EQ(error.code, ErrorCode::invalid) << endpoint;
        EXPECT_NE(error.message.find(endpoint + " leaves this host"), std::string::npos) << error.message;
    }
}

TEST_F(SocketTest, RefusesWhatIsNoAddress) {
    for (const std::string endpoint : {"", "5555", "http://127.0.0.1:1", "udp://127.0.0.1:1"}) {
        EXPECT_EQ(refusal(Kind::pull, endpoint).code, ErrorCode::invalid) << endpoint;
    }
    EXPECT_NE(refusal(Kind::push, "ipc://" + std::string(108, 'p')).message.find("107 bytes"),
              std::string::npos);
}

TEST_F(SocketTest, TakesLoopbackAndTellsThePortItWasGiven) {
    Socket pull = bound(Kind::pull, "tcp://127.0.0.1:0");
    EXPECT_TRUE(pull.endpoint().starts_with("tcp://127.0.0.1:")) << pull.endpoint();
    EXPECT_FALSE(pull.endpoint().ends_with(":0"));
    Socket push = connected(Kind::push, pull.endpoint());
    ASSERT_TRUE(send_when_connected(push, bytes_of("hello")));
    EXPECT_EQ(received(pull), bytes_of("hello"));
}

TEST_F(SocketTest, SendsAFrameThatWasFilledInItsPlace) {
    Socket router = bound(Kind::router, address("router"));
    Socket dealer = connected(Kind::dealer, address("router"));
    Frame frame(5);
    const Bytes hello = bytes_of("hello");
    std::copy(hello.begin(), hello.end(), frame.bytes().begin());
    ASSERT_TRUE(dealer.send(frame));
    EXPECT_TRUE(frame.bytes().empty());
    std::string peer;
    Bytes got;
    ASSERT_TRUE(readable(router) && router.receive(peer, got));
    EXPECT_EQ(got, hello);
    Frame answer(1);
    answer.bytes()[0] = 'x';
    EXPECT_FALSE(router.send("nobody", answer));
    EXPECT_EQ(answer.bytes().size(), 1U) << "what was not taken is still there";
    ASSERT_TRUE(router.send(peer, answer));
    EXPECT_EQ(received(dealer), bytes_of("x"));
}

TEST_F(SocketTest, GivesBytesAwayOrLeavesThemAsTheyWere) {
    for (const std::size_t size : {std::size_t{3}, std::size_t{200'000}}) {
        const Bytes whole(size, 7);
        const std::string mark = std::to_string(size);  // a path is free once its listener was closed
        Bytes frame = whole;
        Socket push = connected(Kind::push, address("nobody"));
        EXPECT_FALSE(push.give(frame));
        EXPECT_EQ(frame, whole);
        Socket pull = bound(Kind::pull, address("pull" + mark));
        Socket other = connected(Kind::push, address("pull" + mark));
        ASSERT_TRUE(send_when_connected(other, {1}));
        EXPECT_EQ(received(pull), Bytes{1});
        ASSERT_TRUE(other.give(frame));
        EXPECT_TRUE(frame.empty());
        EXPECT_EQ(received(pull), whole);
        Socket router = bound(Kind::router, address("router" + mark));
        Socket dealer = connected(Kind::dealer, address("router" + mark), {.routing_id = "d"});
        frame = whole;
        EXPECT_FALSE(router.give("stranger", frame));
        EXPECT_EQ(frame, whole);
        ASSERT_TRUE(dealer.give(frame));
        std::string peer;
        ASSERT_TRUE(readable(router) && router.receive(peer, frame));
        EXPECT_EQ(frame, whole);
        ASSERT_TRUE(router.give(peer, frame));
        EXPECT_EQ(received(dealer), whole);
    }
}

TEST_F(SocketTest, TakesTheLoopbackOfIpv6) {
    auto pull = Socket::bind(context_, Kind::pull, "tcp://[::1]:0");
    if (!pull) { GTEST_SKIP() << "this host has no IPv6: " << pull.error().message; }
    Socket push = connected(Kind::push, pull->endpoint());
    ASSERT_TRUE(send_when_connected(push, bytes_of("hello")));
    EXPECT_EQ(received(*pull), bytes_of("hello"));
}

TEST_F(SocketTest, TakesNoLocalSocketThatSomebodyServes) {
    Socket first = bound(Kind::pull, address("pull"));
    Context other;
    const auto second = Socket::bind(other, Kind::pull, address("pull"));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::conflict);
    EXPECT_NE(second.error().message.find("pull is in use"), std::string::npos) << second.error().message;
    Socket push = connected(Kind::push, address("pull"));
    ASSERT_TRUE(send_when_connected(push, bytes_of("hello")));
    EXPECT_EQ(received(first), bytes_of("hello"));
}

TEST_F(SocketTest, TakesALocalSocketThatAKilledProcessLeft) {
    const std::string path = folder_.path() + "/left";
    const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un at{.sun_family = AF_UNIX, .sun_path = {}};
    path.copy(at.sun_path, sizeof at.sun_path - 1);
    ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
    ::close(listener);  // its file stays, as after kill -9
    const auto pull = Socket::bind(context_, Kind::pull, "ipc://" + path);
    EXPECT_TRUE(pull) << pull.error().message;
}

TEST_F(SocketTest, SaysThatAnAddressIsInUse) {
    const Socket first = bound(Kind::pull, "tcp://127.0.0.1:0");
    const auto second = Socket::bind(context_, Kind::pull, first.endpoint());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::conflict);
    EXPECT_NE(second.error().message.find(first.endpoint() + " is in use"), std::string::npos)
        << second.error().message;
}

TEST_F(SocketTest, TakesNothingForAPeerThatIsNotThere) {
    Socket push = connected(Kind::push, address("nobody"));
    EXPECT_FALSE(push.send(bytes_of("x")));
    Socket router = bound(Kind::router, address("router"));
    EXPECT_FALSE(router.send("unknown", bytes_of("x")));
}

// A5
TEST_F(SocketTest, TakesNoMoreThanItsHighWaterMark) {
    Socket pull = bound(Kind::pull, "inproc://bounded", {.hwm = 10, .routing_id = {}});
    Socket push = connected(Kind::push, "inproc://bounded", {.hwm = 10, .routing_id = {}});
    int taken = 0;
    while (taken < 1000 && push.send(bytes_of("x"))) { ++taken; }
    EXPECT_GE(taken, 10);
    EXPECT_LE(taken, 20);  // both ends' marks, where nothing lies between them
    EXPECT_EQ(received(pull), bytes_of("x"));
}

TEST_F(SocketTest, NeverDeliversAFrameLongerThanItsBound) {
    Socket pull = bound(Kind::pull, address("pull"));
    Socket hostile = connected(Kind::push, address("pull"));
    ASSERT_TRUE(send_when_connected(hostile, Bytes(wire::kFrameBytesMax + 1)));
    Socket push = connected(Kind::push, address("pull"));
    ASSERT_TRUE(send_when_connected(push, Bytes(wire::kFrameBytesMax, 7)));
    EXPECT_EQ(received(pull).size(), wire::kFrameBytesMax);  // the longest that is allowed; the other is gone
    Bytes frame;
    EXPECT_FALSE(pull.receive(frame));
}

TEST_F(SocketTest, DropsAndCountsMessagesOfAnotherShape) {
    Socket router = bound(Kind::router, address("router"));
    Socket dealer = connected(Kind::dealer, address("router"), {.hwm = 10, .routing_id = "w1"});
    ASSERT_TRUE(dealer.send("two", bytes_of("frames")));
    ASSERT_TRUE(dealer.send(bytes_of("one frame")));
    std::string peer;
    Bytes frame;
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!router.receive(peer, frame) && std::chrono::steady_clock::now() < deadline) {
        readable(router, 100ms);
    }
    EXPECT_EQ(peer, "w1");
    EXPECT_EQ(frame, bytes_of("one frame"));
    EXPECT_EQ(router.malformed(), 1U);
}

TEST_F(SocketTest, HandsARoutingIdOverToTheNewestThatHasIt) {
    Socket router = bound(Kind::router, address("router"));
    std::string peer;
    Bytes frame;
    Socket first = connected(Kind::dealer, address("router"), {.hwm = 10, .routing_id = "w1"});
    ASSERT_TRUE(first.send(bytes_of("first")));
    ASSERT_TRUE(readable(router) && router.receive(peer, frame));
    Socket second = connected(Kind::dealer, address("router"), {.hwm = 10, .routing_id = "w1"});
    ASSERT_TRUE(second.send(bytes_of("second")));
    ASSERT_TRUE(readable(router) && router.receive(peer, frame));
    ASSERT_EQ(frame, bytes_of("second"));
    ASSERT_TRUE(router.send("w1", bytes_of("answer")));
    EXPECT_EQ(received(second), bytes_of("answer"));
    EXPECT_FALSE(first.receive(frame));
}

TEST_F(SocketTest, TellsOfSubscriptionsAndPublishesByTopic) {
    Socket publisher = bound(Kind::xpub, address("events"));
    Socket subscriber = connected(Kind::sub, address("events"));
    subscriber.subscribe("ta");
    std::string topic;
    ASSERT_TRUE(readable(publisher) && publisher.receive_subscription(topic));
    EXPECT_EQ(topic, "ta");
    EXPECT_FALSE(publisher.receive_subscription(topic));
    ASSERT_TRUE(publisher.send("tb", bytes_of("not for it")));
    ASSERT_TRUE(publisher.send("ta", bytes_of("for it")));
    Bytes frame;
    ASSERT_TRUE(readable(subscriber) && subscriber.receive(topic, frame));
    EXPECT_EQ(topic, "ta");
    EXPECT_EQ(frame, bytes_of("for it"));
    EXPECT_FALSE(subscriber.receive(topic, frame));
}

TEST_F(SocketTest, IsHeardAmongOthersByWhoWaits) {
    Socket quiet = bound(Kind::pull, address("quiet"));
    Socket loud = bound(Kind::pull, address("loud"));
    Socket push = connected(Kind::push, address("loud"));
    ASSERT_TRUE(send_when_connected(push, bytes_of("x")));
    const std::array<Socket*, 2> sockets{&quiet, &loud};
    EXPECT_EQ(wait_readable(sockets, nullptr, kPatience), (std::vector<bool>{false, true}));
}

TEST_F(SocketTest, WakesAPollFromAnotherThread) {
    Socket quiet = bound(Kind::pull, address("quiet"));
    const Waker waker;
    const std::array<Socket*, 1> sockets{&quiet};
    std::thread other([&] { waker.wake(); });
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_EQ(wait_readable(sockets, &waker, kPatience), std::vector<bool>{false});
    EXPECT_LT(std::chrono::steady_clock::now() - begun, kPatience);
    other.join();
    waker.wake();
    waker.wake();
    waker.drain();  // once is enough for any number of wakes
    EXPECT_EQ(wait_readable(sockets, &waker, 1ms), std::vector<bool>{false});
}

}  // namespace
}  // namespace nias::net
