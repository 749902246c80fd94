#include "http/secure/forwarded.hpp"

#include <gtest/gtest.h>

namespace nias::httpfront {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

Request from(const std::string& peer, Fields fields) {
    Request request;
    request.peer = peer;
    request.fields = std::move(fields);
    return request;
}

std::string client_of(const std::string& peer, Fields fields) {
    Request request = from(peer, std::move(fields));
    Proxies::parse({"127.0.0.1", "10.0.0.2", "fd00::2"})->apply(request);
    return request.peer;
}

TEST(Proxies, BelieveNobodyWhoWasNotNamed) {
    EXPECT_EQ(client_of("10.0.0.9", {{"x-forwarded-for", "1.2.3.4"}}), "10.0.0.9");
    Request request = from("10.0.0.9", {{"x-forwarded-proto", "https"}});
    Proxies::parse({"127.0.0.1"})->apply(request);
    EXPECT_FALSE(request.secure);
    Request other = from("127.0.0.1", {{"x-forwarded-for", "1.2.3.4"}, {"x-forwarded-proto", "https"}});
    Proxies().apply(other);
    EXPECT_EQ(other.peer, "127.0.0.1");
    EXPECT_FALSE(other.secure);
}

TEST(Proxies, TakeTheLastAddressThatIsNotTheirOwn) {
    EXPECT_EQ(client_of("127.0.0.1", {{"x-forwarded-for", "1.2.3.4"}}), "1.2.3.4");
    EXPECT_EQ(client_of("127.0.0.1", {{"x-forwarded-for", "6.6.6.6, 1.2.3.4, 10.0.0.2"}}), "1.2.3.4");
    EXPECT_EQ(client_of("fd00::2", {{"x-forwarded-for", "6.6.6.6"}, {"x-forwarded-for", "[fd00::7]"}}),
              "fd00::7");
    EXPECT_EQ(client_of("127.0.0.1", {{"x-forwarded-for", "10.0.0.2"}}), "10.0.0.2");
}

TEST(Proxies, StayWithWhatTheyKnowWhereTheFieldIsNoAddress) {
    EXPECT_EQ(client_of("127.0.0.1", {}), "127.0.0.1");
    for (const char* odd : {"", ",", "unknown", "1.2.3.4.5", "1.2.3.4, ", "<script>", "1.2.3.4:80"}) {
        EXPECT_EQ(client_of("127.0.0.1", {{"x-forwarded-for", odd}}), "127.0.0.1") << odd;
    }
    EXPECT_EQ(client_of("127.0.0.1", {{"x-forwarded-for", "nothing, 10.0.0.2"}}), "10.0.0.2");
}

TEST(Proxies, SayWhetherTheClientCameEncrypted) {
    const auto proxies = *Proxies::parse({"127.0.0.1"});
    for (const auto& [scheme, secure] :
         {std::pair("https", true), std::pair("HTTPS", true), std::pair("http", false),
          std::pair("https, http", false), std::pair("", false)}) {
        Request request = from("127.0.0.1", {{"x-forwarded-proto", scheme}});
        proxies.apply(request);
        EXPECT_EQ(request.secure, secure) << scheme;
    }
    Request encrypted = from("127.0.0.1", {});
    encrypted.secure = true;
    proxies.apply(encrypted);
    EXPECT_TRUE(encrypted.secure) << "the way from the proxy is encrypted";
}

TEST(Proxies, AreNamedByAddress) {
    const auto named = Proxies::parse({"proxy.example"});
    ASSERT_FALSE(named);
    EXPECT_NE(named.error().message.find("--trusted-proxy proxy.example"), std::string::npos);
    EXPECT_TRUE(Proxies::parse({"::1"})->trusts("::1"));
}

}  // namespace
}  // namespace nias::httpfront
