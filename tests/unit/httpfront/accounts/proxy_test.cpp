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
    request.peer = request.client = peer;
    request.host = "front.example";
    request.id = "made";
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
    EXPECT_EQ(proxy_at("0:0::1").address(), "::1");
    EXPECT_EQ(proxy_at("127.0.0.1").user_of(request_from("::ffff:127.0.0.1", {{"x-remote-user", "a"}})), "a");
}

TEST(TrustedProxy, IsBelievedInWhatItWroteItselfAndNotInTheBrowsersWord) {
    Request passed = request_from("10.0.0.5", {{"x-forwarded-for", "6.6.6.6, 7.7.7.7"},
                                               {"x-forwarded-for", "8.8.8.8,192.168.1.7"},
                                               {"x-forwarded-proto", "http"},
                                               {"x-forwarded-proto", "HTTPS"},
                                               {"x-forwarded-host", "evil.example, NIAS.example:8443"},
                                               {"x-request-id", "0a-b.C_9"}});
    proxy_at("10.0.0.5").believe(passed);
    EXPECT_EQ(passed.client, "192.168.1.7");
    EXPECT_EQ(passed.peer, "10.0.0.5") << "who may name users is still told by the connection";
    EXPECT_TRUE(passed.secure);
    EXPECT_EQ(passed.host, "nias.example:8443");
    EXPECT_EQ(passed.id, "0a-b.C_9");
}

TEST(TrustedProxy, ChangesNothingByWordsThatCannotBeRead) {
    const std::string odd_ids[] = {"", "a b", "a\"b", "a\xc3\xa9", std::string(65, 'x')};
    for (const std::string& id : odd_ids) {
        Request passed = request_from("10.0.0.5", {{"x-forwarded-for", "no address"},
                                                   {"x-forwarded-proto", "gopher"},
                                                   {"x-forwarded-host", "a/b"},
                                                   {"x-request-id", id}});
        proxy_at("10.0.0.5").believe(passed);
        EXPECT_EQ(passed.client, "10.0.0.5");
        EXPECT_EQ(passed.host, "front.example");
        EXPECT_FALSE(passed.secure);
        EXPECT_EQ(passed.id, "made");
    }
}

TEST(TrustedProxy, TellsABrowserInClearAlsoWhereItSpeaksTlsItself) {
    Request passed = request_from("10.0.0.5", {{"x-forwarded-proto", "http"}});
    passed.secure = true;
    proxy_at("10.0.0.5").believe(passed);
    EXPECT_FALSE(passed.secure) << "such a browser would never send a Secure cookie back";
    Request silent = request_from("10.0.0.5", {});
    silent.secure = true;
    proxy_at("10.0.0.5").believe(silent);
    EXPECT_TRUE(silent.secure);
}

TEST(TrustedProxy, IsNotBelievedFromElsewhere) {
    for (const TrustedProxy& proxy : {TrustedProxy(), proxy_at("10.0.0.5")}) {
        Request forged = request_from("10.0.0.9", {{"x-forwarded-for", "1.2.3.4"},
                                                   {"x-forwarded-proto", "https"},
                                                   {"x-forwarded-host", "evil.example"},
                                                   {"x-request-id", "forged"}});
        proxy.believe(forged);
        EXPECT_EQ(forged.client, "10.0.0.9");
        EXPECT_FALSE(forged.secure);
        EXPECT_EQ(forged.host, "front.example");
        EXPECT_EQ(forged.id, "made");
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
