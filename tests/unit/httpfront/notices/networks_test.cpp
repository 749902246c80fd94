#include "notices/networks.hpp"

#include <gtest/gtest.h>

namespace nias::httpfront {
namespace {

bool called(const std::string& address, const std::vector<std::string>& allowed = {}) {
    std::vector<Network> networks;
    for (const std::string& text : allowed) { networks.push_back(*parse_network(text)); }
    return may_be_called(Poco::Net::IPAddress(address), networks);
}

TEST(Networks, OfTheInternetAtLargeAreCalled) {
    for (const char* address : {"8.8.8.8", "93.184.216.34", "172.15.255.255", "172.32.0.0", "192.167.255.255",
                                "223.255.255.255", "2606:2800:220:1::1", "2a00:1450::1", "::ffff:8.8.8.8"}) {
        EXPECT_TRUE(called(address)) << address;
    }
}

TEST(Networks, ThatOnlyTheServerReachesAreNot) {
    for (const char* address : {"127.0.0.1",
                                "127.255.255.254",
                                "0.0.0.0",
                                "10.0.0.1",
                                "10.255.255.255",
                                "172.16.0.1",
                                "172.31.255.255",
                                "192.168.1.1",
                                "169.254.169.254",
                                "100.64.0.1",
                                "100.127.255.255",
                                "192.0.0.1",
                                "192.0.2.1",
                                "198.18.0.1",
                                "198.51.100.7",
                                "203.0.113.9",
                                "224.0.0.1",
                                "239.255.255.255",
                                "240.0.0.1",
                                "255.255.255.255",
                                "::",
                                "::1",
                                "::127.0.0.1",
                                "::ffff:127.0.0.1",
                                "::ffff:10.0.0.1",
                                "::ffff:169.254.169.254",
                                "64:ff9b::7f00:1",
                                "fe80::1",
                                "fec0::1",
                                "fc00::1",
                                "fd12:3456::1",
                                "ff02::1",
                                "2001:db8::1",
                                "2002:7f00:1::",
                                "2001::1",
                                "100::1"}) {
        EXPECT_FALSE(called(address)) << address;
    }
}

TEST(Networks, AreCalledWhereTheAdministratorAllowsThem) {
    EXPECT_TRUE(called("10.1.2.3", {"10.1.0.0/16"}));
    EXPECT_FALSE(called("10.2.0.1", {"10.1.0.0/16"}));
    EXPECT_TRUE(called("::ffff:10.1.2.3", {"10.1.0.0/16"}));
    EXPECT_TRUE(called("fd00::5", {"192.168.0.0/16", "fd00::/8"}));
    EXPECT_TRUE(called("127.0.0.1", {"127.0.0.1"}));
    EXPECT_FALSE(called("127.0.0.2", {"127.0.0.1"}));
    EXPECT_TRUE(called("192.168.5.5", {"0.0.0.0/0"}));
    EXPECT_FALSE(called("fd00::5", {"0.0.0.0/0"}));
}

TEST(Networks, AreReadInWords) {
    EXPECT_EQ(parse_network("10.0.0.0/8")->bits, 8U);
    EXPECT_EQ(parse_network("10.0.0.1")->bits, 32U);
    EXPECT_EQ(parse_network("::1")->bits, 128U);
    EXPECT_EQ(parse_network("::/0")->bits, 0U);
    EXPECT_TRUE(called("fd00::5", {"::/0"}));
    for (const char* wrong : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "fd00::/129", "10.0.0.0/-1",
                              "10.0.0.0/8x", "lab", "10.0.0/8/8"}) {
        const auto read = parse_network(wrong);
        ASSERT_FALSE(read) << wrong;
        EXPECT_EQ(read.error().code, ErrorCode::invalid);
    }
}

}  // namespace
}  // namespace nias::httpfront
