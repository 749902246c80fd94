#include "http/same_origin.hpp"

#include <gtest/gtest.h>

namespace nias::httpfront {
namespace {

Request asked_of(const std::string& host, std::vector<std::pair<std::string, std::string>> fields = {}) {
    Request request{.method = "POST", .path = "/api/v1/jobs"};
    request.host = host;
    request.fields = std::move(fields);
    return request;
}

TEST(SameOrigin, TheLoopbacksNamesAreOurs) {
    const HostPolicy policy("127.0.0.1", {"lab.example:8443", "Nias.example"});
    for (const char* host : {"localhost", "localhost:8080", "127.0.0.1:1", "[::1]:8080", "lab.example:8443",
                             "nias.example", "nias.example:99"}) {
        EXPECT_FALSE(policy.check_host(asked_of(host))) << host;
    }
    for (const char* host : {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example",
                             "lab.example", "192.168.0.7", "[::2]"}) {
        const auto problem = policy.check_host(asked_of(host));
        ASSERT_TRUE(problem) << host;
        EXPECT_EQ(problem->status, 421);
    }
}

TEST(SameOrigin, ListeningEverywhereTakesAddressesButNoNames) {
    const HostPolicy policy("0.0.0.0", {});
    EXPECT_FALSE(policy.check_host(asked_of("192.168.0.7:8080")));
    EXPECT_TRUE(policy.check_host(asked_of("evil.example")));
}

TEST(SameOrigin, OurPagesAndProgramsMayChangeThings) {
    EXPECT_FALSE(check_same_origin(asked_of("localhost:8080")));
    EXPECT_FALSE(check_same_origin(asked_of(
        "localhost:8080", {{"origin", "http://localhost:8080"}, {"sec-fetch-site", "same-origin"}})));
    EXPECT_FALSE(check_same_origin(asked_of("lab.example", {{"origin", "https://LAB.example"}})));
    EXPECT_FALSE(check_same_origin(asked_of("localhost", {{"sec-fetch-site", "none"}})));
}

TEST(SameOrigin, AProxyMayNameThePortThatTheSchemeHasAnyway) {
    const auto refused = [](const std::string& host, const std::string& origin) {
        return check_same_origin(asked_of(host, {{"origin", origin}, {"sec-fetch-site", "same-origin"}}))
            .has_value();
    };
    EXPECT_FALSE(refused("nias.example:443", "https://nias.example"));
    EXPECT_FALSE(refused("nias.example", "https://nias.example:443"));
    EXPECT_FALSE(refused("nias.example:80", "http://nias.example"));
    EXPECT_FALSE(refused("[fd00::80]:443", "https://[fd00::80]"));
    EXPECT_TRUE(refused("nias.example:80", "https://nias.example"));
    EXPECT_TRUE(refused("nias.example:443", "http://nias.example"));
    EXPECT_TRUE(refused("nias.example:8443", "https://nias.example"));
    EXPECT_TRUE(refused("nias.example:443", "ftp://nias.example"));
    EXPECT_TRUE(refused("nias.example:443", "https://evil.example"));
}

TEST(SameOrigin, OtherSitesMayNot) {
    using Fields = std::vector<std::pair<std::string, std::string>>;
    for (const Fields& fields :
         {Fields{{"origin", "http://evil.example"}}, Fields{{"origin", "null"}},
          Fields{{"origin", "http://localhost:3000"}}, Fields{{"sec-fetch-site", "cross-site"}},
          Fields{{"sec-fetch-site", "same-site"}},
          Fields{{"origin", "http://localhost:8080"}, {"sec-fetch-site", "cross-site"}}}) {
        const auto problem = check_same_origin(asked_of("localhost:8080", fields));
        ASSERT_TRUE(problem) << fields.front().second;
        EXPECT_EQ(problem->status, 403);
    }
}

}  // namespace
}  // namespace nias::httpfront
