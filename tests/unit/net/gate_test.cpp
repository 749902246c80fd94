// A9: encrypted sockets on a real network interface (the loopback's): who is admitted, who is not, and what a
// refused peer is told.
#include "net/gate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nias/keys.hpp>

#include <atomic>
#include <thread>

#include "base/clock.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;

namespace nias::net {
namespace {

using testing::HasSubstr;

constexpr auto kPatience = 30s;

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

class GateTest : public testing::Test {
protected:
    GateTest() : enrolment_(opened()), server_(enrolment_.server()) {}
    ~GateTest() override {
        stop_.store(true);
        waker_.wake();
        if (thread_.joinable()) { thread_.join(); }
    }
    void open_gate() {
        auto gate = Gate::open(server_);
        ASSERT_TRUE(gate) << gate.error().message;
        gate_.emplace(std::move(*gate));
        thread_ = std::thread([this] {
            Admission admission(enrolment_);
            const auto judge = [&](std::string_view socket, const std::string& key,
                                   std::string_view) -> std::optional<Peer> {
                auto peer = admission.judge(socket, key);
                if (!peer) {
                    ++refused_;
                    return std::nullopt;
                }
                return *peer;
            };
            while (!stop_.load()) { gate_->answer(judge, waker_, 1000ms); }
        });
    }
    Keys enrolled(Role role, const std::string& name) {
        auto keys = enrolment_.enroll(role, name, {});
        EXPECT_TRUE(keys) << keys.error().message;
        return *keys;
    }
    [[nodiscard]] Keys unknown() const {
        auto keys = Keys::generate(Role::worker, "nobody");
        EXPECT_TRUE(keys);
        keys->server_key = enrolment_.server().public_key;
        return *keys;
    }
    Socket listening(Kind kind, const std::string& name) {
        auto socket = Socket::bind(server_, kind, "tcp://127.0.0.1:0", {.name = name});
        EXPECT_TRUE(socket) << socket.error().message;
        return std::move(*socket);
    }
    static Socket connected(Context& context, Kind kind, const std::string& endpoint) {
        auto socket = Socket::connect(context, kind, endpoint);
        EXPECT_TRUE(socket) << socket.error().message;
        return std::move(*socket);
    }
    /// The words of a socket about its trouble.
    static std::string words_of(Socket& socket) {
        const Time until = now() + kPatience;
        while (now() < until) {
            if (std::string words = socket.tend(now()); !words.empty()) { return words; }
            std::this_thread::yield();
        }
        return "nothing";
    }
    static bool receive(Socket& from, std::string& peer, Bytes& frame,
                        std::chrono::milliseconds patience = kPatience) {
        Socket* const sockets[] = {&from};
        (void)wait_readable(sockets, nullptr, patience);
        return from.receive(peer, frame);
    }

    test::TempFolder folder_;
    Enrolment enrolment_;
    Context server_;
    std::optional<Gate> gate_;
    Waker waker_;
    std::atomic<bool> stop_{false};
    std::atomic<int> refused_{0};
    std::thread thread_;

private:
    Enrolment opened() {
        auto list = Enrolment::open(folder_ / "keys");
        EXPECT_TRUE(list) << list.error().message;
        return std::move(*list);
    }
};

TEST_F(GateTest, AdmitsAnEnrolledPeerAndTellsWhoItIs) {
    open_gate();
    Socket control = listening(Kind::router, "control");
    EXPECT_TRUE(control.is_guarded());
    Context machine(enrolled(Role::worker, "lab2"));
    Socket worker = connected(machine, Kind::dealer, control.endpoint());
    ASSERT_TRUE(worker.send(bytes_of("hello")));
    std::string peer;
    Bytes frame;
    ASSERT_TRUE(receive(control, peer, frame));
    EXPECT_EQ(frame, bytes_of("hello"));
    const auto sender = control.sender();
    ASSERT_TRUE(sender);
    EXPECT_EQ(sender->role, Role::worker);
    EXPECT_EQ(sender->name, "lab2");
    EXPECT_EQ(worker.tend(now()), "");
}

TEST_F(GateTest, RefusesAnUnknownKeyInWordsAndAdmitsItOnceItIsEnrolled) {
    open_gate();
    Socket control = listening(Kind::router, "control");
    const Keys keys = unknown();
    Context machine(keys);
    Socket worker = connected(machine, Kind::dealer, control.endpoint());
    EXPECT_THAT(words_of(worker), HasSubstr("refuses the key of worker nobody"));
    EXPECT_EQ(refused_.load(), 1);
    EXPECT_EQ(worker.tend(now()), "") << "once a minute is enough";
    test::write_file(enrolment_.peers_path(), "nobody worker " + keys.public_key + "\n");
    EXPECT_THAT(words_of(worker), HasSubstr("admits the key of worker nobody"));
    ASSERT_TRUE(worker.send(bytes_of("hello")));
    std::string peer;
    Bytes frame;
    ASSERT_TRUE(receive(control, peer, frame));
    EXPECT_EQ(frame, bytes_of("hello"));
}

TEST_F(GateTest, RefusesARevokedPeerAtItsNextConnection) {
    open_gate();
    Socket control = listening(Kind::router, "control");
    const Keys keys = enrolled(Role::worker, "lab2");
    std::string peer;
    Bytes frame;
    {
        Context machine(keys);
        Socket worker = connected(machine, Kind::dealer, control.endpoint());
        ASSERT_TRUE(worker.send(bytes_of("hello")));
        ASSERT_TRUE(receive(control, peer, frame));
        ASSERT_TRUE(enrolment_.revoke("lab2"));
        ASSERT_TRUE(worker.send(bytes_of("still here")));
        ASSERT_TRUE(receive(control, peer, frame)) << "what stands is not cut";
    }
    Context machine(keys);
    Socket worker = connected(machine, Kind::dealer, control.endpoint());
    EXPECT_THAT(words_of(worker), HasSubstr("refuses the key of worker lab2"));
}

TEST_F(GateTest, RefusesARoleThatHasNoPlaceAtASocket) {
    open_gate();
    Socket outcomes = listening(Kind::pull, "outcomes");
    Context machine(enrolled(Role::watcher, "wall"));
    Socket push = connected(machine, Kind::push, outcomes.endpoint());
    EXPECT_THAT(words_of(push), HasSubstr("refuses the key of watcher wall"));
    EXPECT_FALSE(push.send(bytes_of("outcome")));
}

TEST_F(GateTest, AdmitsTheServersOwnKeyAtTheIntakeOnly) {
    open_gate();
    Socket intake = listening(Kind::pull, "intake");
    Socket control = listening(Kind::router, "control");
    Context sink(enrolment_.server());
    Socket push = connected(sink, Kind::push, intake.endpoint());
    const Time until = now() + kPatience;
    while (!push.send(bytes_of("outcomes")) && now() < until) { std::this_thread::yield(); }
    Socket* const sockets[] = {&intake};
    (void)wait_readable(sockets, nullptr, kPatience);
    Bytes frame;
    ASSERT_TRUE(intake.receive(frame));
    ASSERT_TRUE(intake.sender());
    EXPECT_EQ(intake.sender()->role, Role::server);
    Socket dealer = connected(sink, Kind::dealer, control.endpoint());
    EXPECT_THAT(words_of(dealer), HasSubstr("refuses the key of server"));
}

TEST_F(GateTest, AdmitsNobodyWhereNoGateIsOpen) {
    Socket control = listening(Kind::router, "control");
    Context machine(enrolled(Role::worker, "lab2"));
    Socket worker = connected(machine, Kind::dealer, control.endpoint());
    ASSERT_TRUE(worker.send(bytes_of("hello")));
    std::string peer;
    Bytes frame;
    EXPECT_THAT(words_of(worker), HasSubstr("does not know itself"));
    EXPECT_FALSE(control.receive(peer, frame));
}

TEST_F(GateTest, HearsNothingOfAPeerThatDoesNotEncrypt) {
    open_gate();
    Socket control = listening(Kind::router, "control");
    Context plain;
    Socket worker = connected(plain, Kind::dealer, control.endpoint());
    ASSERT_TRUE(worker.send(bytes_of("hello")));
    Context machine(enrolled(Role::worker, "lab2"));
    Socket other = connected(machine, Kind::dealer, control.endpoint());
    ASSERT_TRUE(other.send(bytes_of("from lab2")));
    std::string peer;
    Bytes frame;
    ASSERT_TRUE(receive(control, peer, frame));
    EXPECT_EQ(frame, bytes_of("from lab2"));
    EXPECT_FALSE(receive(control, peer, frame, 200ms));
}

TEST_F(GateTest, TellsAPeerWhoseServerHasOtherKeys) {
    open_gate();
    Socket control = listening(Kind::router, "control");
    Keys keys = enrolled(Role::worker, "lab2");
    keys.server_key = unknown().public_key;
    Context machine(keys);
    Socket worker = connected(machine, Kind::dealer, control.endpoint());
    EXPECT_THAT(words_of(worker), HasSubstr("does not know itself in the key of worker lab2"));
    EXPECT_EQ(refused_.load(), 0);
}

TEST_F(GateTest, LeavesLocalSocketsPlainBesideEncryptedOnes) {
    open_gate();
    const std::string local = "ipc://" + (folder_ / "control");
    auto both = Socket::bind(server_, Kind::router, local, {.name = "control", .also = "tcp://127.0.0.1:0"});
    ASSERT_TRUE(both) << both.error().message;
    EXPECT_EQ(both->endpoint(), local);
    Context plain;
    Socket worker = connected(plain, Kind::dealer, local);
    ASSERT_TRUE(worker.send(bytes_of("hello")));
    std::string peer;
    Bytes frame;
    ASSERT_TRUE(receive(*both, peer, frame));
    EXPECT_EQ(frame, bytes_of("hello"));
    EXPECT_FALSE(both->sender()) << "nothing is asked of a local peer";
    EXPECT_EQ(refused_.load(), 0);
}

// A9, A5. Memory: tests/process/machines_test.py, in a daemon of its own.
TEST_F(GateTest, GoesOnWhileAThousandHandshakesWithAWrongKeyFail) {
    open_gate();
    Socket control = listening(Kind::router, "control");
    Context machine(enrolled(Role::worker, "lab2"));
    Socket worker = connected(machine, Kind::dealer, control.endpoint());
    Context stranger(unknown());
    std::string peer;
    Bytes frame;
    for (int i = 0; i < 1000; ++i) {
        Socket knocks = connected(stranger, Kind::dealer, control.endpoint());
        ASSERT_THAT(words_of(knocks), HasSubstr("refuses")) << i;
        if (i % 100 != 0) { continue; }
        ASSERT_TRUE(worker.send(bytes_of("hello")));
        ASSERT_TRUE(receive(control, peer, frame)) << i;
    }
    EXPECT_EQ(refused_.load(), 1000);
}

TEST(Admits, EachRoleWhereItHasSomethingToDo) {
    const std::vector<std::string> sockets{"intake", "control", "events", "outcomes", "bulk", "output"};
    const auto places = [&](Role role) {
        std::string out;
        for (const std::string& socket : sockets) {
            if (admits(socket, role)) { out += socket + " "; }
        }
        return out;
    };
    EXPECT_EQ(places(Role::worker), "control outcomes bulk ");
    EXPECT_EQ(places(Role::submitter), "intake control events bulk output ");
    EXPECT_EQ(places(Role::watcher), "control events output ");
    EXPECT_EQ(places(Role::server), "intake ");
    EXPECT_FALSE(admits("", Role::worker));
}

TEST_F(GateTest, FollowsTheLastListThatCouldBeRead) {
    const Keys keys = enrolled(Role::worker, "lab2");
    Admission admission(enrolment_);
    ASSERT_TRUE(admission.judge("control", keys.public_key));
    test::write_file(enrolment_.peers_path(), "lab2 worker\n");
    EXPECT_TRUE(admission.judge("control", keys.public_key));
    EXPECT_THAT(admission.fault(), HasSubstr("line 1"));
    test::write_file(enrolment_.peers_path(), "# nobody\n");
    EXPECT_FALSE(admission.judge("control", keys.public_key));
    EXPECT_EQ(admission.fault(), "");
}

TEST(User, IsReadBackAndNothingElseIs) {
    for (const Role role : {Role::server, Role::worker, Role::submitter, Role::watcher}) {
        const auto peer = parse_user(user_of({.name = "lab2", .role = role, .public_key = {}}));
        ASSERT_TRUE(peer);
        EXPECT_EQ(peer->role, role);
        EXPECT_EQ(peer->name, "lab2");
    }
    EXPECT_FALSE(parse_user(""));
    EXPECT_FALSE(parse_user("root lab2"));
}

}  // namespace
}  // namespace nias::net
