#include "accounts/proxy.hpp"

#include <gtest/gtest.h>

namespace nias::httpfront {
namespace {

TrustedProxy proxy_at(const std::string& address, const std::string& header = "X-Remote-User") {
    auto proxy = TrustedProxy::make(address, header);
    EXPECT_TRUE(proxy) << proxy.error().message;
    return proxy ? *proxy : TrustedProxy();
}

Request request_from(const std::string& peer, std::vector<std::pair<std::string, std::string>> fields) {
    Request request;
    request.fields = std::move(fields);
    request.peer = peer;
    return request;
}

TEST(TrustedProxy, NamesTheUserFromItsAddressAlone) {
    const auto proxy = proxy_at("10.0.0.5");
    EXPECT_EQ(proxy.user_of(request_from("10.0.0.5", {{"x-remote-user", " Ana "}})), "ana");
    EXPECT_EQ(proxy.user_of(request_from("10.0.0.6", {{"x-remote-user", "ana"}})), std::nullopt);
    EXPECT_EQ(proxy.user_of(request_from("10.0.0.5", {{"x-remote-user", ""}})), std::nullopt);
    EXPECT_EQ(proxy.user_of(request_from("10.0.0.5", {})), std::nullopt);
    EXPECT_EQ(TrustedProxy().user_of(request_from("10.0.0.5", {{"x-remote-user", "ana"}})), std::nullopt);
    EXPECT_EQ(proxy_at("10.0.0.5", "").user_of(request_from("10.0.0.5", {{"", "ana"}})), std::nullopt);
}

TEST(TrustedProxy, NamesNobodyWhereTheBrowserCouldHaveNamedSomebodyToo) {
    const auto proxy = proxy_at("10.0.0.5");
    EXPECT_EQ(proxy.user_of(request_from("10.0.0.5", {{"x-remote-user", "root"}, {"x-remote-user", "bob"}})),
              std::nullopt);
}

TEST(TrustedProxy, IsKnownHoweverItsAddressIsWritten) {
    EXPECT_EQ(proxy_at("0:0::1").user_of(request_from("::1", {{"x-remote-user", "a"}})), "a");
    EXPECT_EQ(proxy_at("127.0.0.1").user_of(request_from("::ffff:127.0.0.1", {{"x-remote-user", "a"}})), "a");
}

TEST(TrustedProxy, TellsTheAddressThatItWroteItselfAndNotTheBrowsersWord) {
    const auto proxy = proxy_at("10.0.0.5");
    const Request passed = request_from("10.0.0.5", {{"x-forwarded-for", "6.6.6.6, 7.7.7.7"},
                                                     {"x-forwarded-for", "8.8.8.8,192.168.1.7"},
                                                     {"x-forwarded-proto", "http"},
                                                     {"x-forwarded-proto", "HTTPS"},
                                                     {"user-agent", std::string(500, 'x')}});
    const Visitor visitor = proxy.visitor_of(passed);
    EXPECT_EQ(visitor.address, "192.168.1.7");
    EXPECT_TRUE(visitor.secure);
    EXPECT_EQ(visitor.agent.size(), 200U);
    EXPECT_EQ(proxy.visitor_of(request_from("10.0.0.5", {{"x-forwarded-for", "no address"}})).address,
              "10.0.0.5");
}

TEST(TrustedProxy, IsNotBelievedFromElsewhere) {
    const Request forged =
        request_from("10.0.0.9", {{"x-forwarded-for", "1.2.3.4"}, {"x-forwarded-proto", "https"}});
    for (const TrustedProxy& proxy : {TrustedProxy(), proxy_at("10.0.0.5")}) {
        EXPECT_EQ(proxy.visitor_of(forged).address, "10.0.0.9");
        EXPECT_FALSE(proxy.visitor_of(forged).secure);
    }
}

TEST(TrustedProxy, IsRefusedInWordsWhereItWouldLetAnybodyIn) {
    const std::pair<std::string, std::string> wrong[] = {
        {"", "X-Remote-User"}, {"proxy.example", ""}, {"10.0.0.5", "Cookie"}, {"10.0.0.5", "authorization"}};
    for (const auto& [address, header] : wrong) {
        const auto proxy = TrustedProxy::make(address, header);
        ASSERT_FALSE(proxy) << address << header;
        EXPECT_EQ(proxy.error().code, ErrorCode::invalid);
    }
}

}  // namespace
}  // namespace nias::httpfront
