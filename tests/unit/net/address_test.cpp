#include "net/address.hpp"

#include <gtest/gtest.h>
#include <nias/endpoints.hpp>

namespace nias::net {
namespace {

TEST(Address, KnowsWhatLeavesTheHost) {
    for (const auto* const stays : {"tcp://127.0.0.1:5555", "tcp://127.8.9.10:0", "tcp://localhost:1",
                                    "tcp://[::1]:1", "ipc:///run/nias/intake", "inproc://x"}) {
        EXPECT_FALSE(leaves_host(stays)) << stays;
    }
    for (const auto* const leaves :
         {"tcp://127.evil.example:1", "tcp://127.0.0.1.example:1", "tcp://0.0.0.0:1", "tcp://10.0.0.1:1",
          "tcp://lab1:1", "tcp://[::]:1", "tcp://*:1"}) {
        EXPECT_TRUE(leaves_host(leaves)) << leaves;
    }
}

TEST(Address, RefusesTcpOfAnotherForm) {
    for (const auto* const wrong : {"tcp://", "tcp://host", "tcp://:1", "tcp://host:", "tcp://host:65536",
                                    "tcp://host:-1", "tcp://host:1x", "tcp://ho st:1", "tcp://host/path:1",
                                    "tcp://[::1:1", "tcp://a;b:1", "tcp://[]:1"}) {
        EXPECT_FALSE(parse_tcp(wrong)) << wrong;
        EXPECT_FALSE(judge(wrong, true)) << wrong;
    }
    const auto right = parse_tcp("tcp://[fe80::1%eth0]:5556");
    ASSERT_TRUE(right);
    EXPECT_EQ(right->host, "[fe80::1%eth0]");
    EXPECT_EQ(right->port, 5556);
}

// A9
TEST(Address, LetsNothingLeaveTheHostWithoutKeys) {
    const Status refused = judge("tcp://10.0.0.1:5555", false);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("nias enroll"), std::string::npos) << refused.error().message;
    EXPECT_TRUE(judge("tcp://10.0.0.1:5555", true));
    EXPECT_TRUE(judge("tcp://127.0.0.1:5555", false));
}

TEST(EndpointsAt, AreSixPortsInARow) {
    const auto at = Endpoints::at("10.0.0.1");
    ASSERT_TRUE(at) << at.error().message;
    EXPECT_EQ(at->intake, "tcp://10.0.0.1:5555");
    EXPECT_EQ(at->output, "tcp://10.0.0.1:5560");
    const auto other = Endpoints::at("tcp://lab1:7000");
    ASSERT_TRUE(other) << other.error().message;
    EXPECT_EQ(other->control, "tcp://lab1:7001");
    const auto of_ipv6 = Endpoints::at("[fe80::1]");
    ASSERT_TRUE(of_ipv6) << of_ipv6.error().message;
    EXPECT_EQ(of_ipv6->bulk, "tcp://[fe80::1]:5559");
}

TEST(EndpointsAt, RefusesWhatIsNoMachine) {
    for (const auto* const wrong :
         {"", "tcp://", "a b", "lab1:", "lab1:65531", "lab1:0", "ipc:///run", "lab1:5555:1"}) {
        const auto at = Endpoints::at(wrong);
        ASSERT_FALSE(at) << wrong;
        EXPECT_EQ(at.error().code, ErrorCode::invalid);
    }
}

TEST(EndpointsIn, AreTheLocalSocketsOfADataDirectory) {
    EXPECT_EQ(Endpoints::in("/srv/lab/").control, "ipc:///srv/lab/run/control");
}

}  // namespace
}  // namespace nias::net
