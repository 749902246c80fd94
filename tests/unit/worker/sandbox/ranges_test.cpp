// Addresses that a job with internet does not reach.
#include "worker/sandbox/ranges.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace nias::worker {
namespace {

using testing::HasSubstr;

Cidr range(std::string_view text) {
    const auto parsed = parse_cidr(text);
    EXPECT_TRUE(parsed) << text;
    return parsed ? *parsed : Cidr{};
}

/// The answer of the most specific route, as the kernel chooses; without one the default route leads out.
bool leads_out(const std::vector<Route>& routes, std::string_view to) {
    const Route* best = nullptr;
    for (const Route& route : routes) {
        if (route.to.contains(range(to)) && (best == nullptr || best->to.bits <= route.to.bits)) {
            best = &route;
        }
    }
    return best == nullptr || best->open;
}

TEST(Ranges, AreReadAsPeopleWriteThem) {
    EXPECT_EQ(range("10.1.0.0/16"), (Cidr{0x0A01'0000, 16}));
    EXPECT_EQ(range("192.168.1.7"), (Cidr{0xC0A8'0107, 32}));
    EXPECT_EQ(range("0.0.0.0/0"), (Cidr{0, 0}));
    for (const auto& [text, words] : {std::pair{"10.1", "like 10.1.0.0/16"},
                                      {"fd00::/8", "IPv4"},
                                      {"10.0.0.0/33", "0 to 32"},
                                      {"10.0.0.0/", "0 to 32"},
                                      {"10.0.0.0/8x", "0 to 32"},
                                      {"10.0.0.1/8", "past its length"}}) {
        const auto parsed = parse_cidr(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_THAT(parsed.error().message, HasSubstr(words)) << text;
    }
}

TEST(Ranges, OfTheLabAndOfTheMachineAreClosed) {
    const auto routes = routes_of_job({range("200.1.2.3").address}, {});
    for (const char* closed :
         {"10.0.0.1", "10.255.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254",
          "100.64.0.1", "127.0.0.1", "198.19.0.1", "224.0.0.1", "255.255.255.255", "0.0.0.0", "200.1.2.3"}) {
        EXPECT_FALSE(leads_out(routes, closed)) << closed;
    }
    for (const char* open :
         {"8.8.8.8", "172.32.0.1", "172.15.0.1", "192.167.0.1", "100.128.0.1", "200.1.2.4"}) {
        EXPECT_TRUE(leads_out(routes, open)) << open;
    }
}

TEST(Ranges, AreOpenedByTheAdministratorAlone) {
    const std::vector<std::uint32_t> own{range("10.1.2.1").address};
    const auto some = routes_of_job(own, {range("10.1.2.0/24")});
    EXPECT_TRUE(leads_out(some, "10.1.2.9"));
    EXPECT_FALSE(leads_out(some, "10.1.3.9"));
    EXPECT_FALSE(leads_out(some, "10.1.2.1")) << "the machine itself is not meant by a range";
    EXPECT_TRUE(leads_out(routes_of_job(own, {range("10.1.2.1")}), "10.1.2.1"));
    const auto all = routes_of_job(own, {range("10.0.0.0/8")});
    EXPECT_TRUE(leads_out(all, "10.200.0.1"));
    EXPECT_FALSE(leads_out(all, "192.168.0.1"));
    EXPECT_TRUE(leads_out(routes_of_job({}, {range("0.0.0.0/0")}), "192.168.0.1"));
}

}  // namespace
}  // namespace nias::worker
