#include "accounts/rules.hpp"

#include <gtest/gtest.h>

#include "accounts/cookies.hpp"

namespace nias::httpfront {
namespace {

TEST(AccountRules, TakeNamesThatCanStandAnywhere) {
    for (const char* name : {"a", "ana", "ana.lima", "a_b-c", "ana@lab.example", "7"}) {
        EXPECT_FALSE(check_name(name)) << name;
    }
    EXPECT_FALSE(check_name(std::string(64, 'a')));
    const std::string refused[] = {"",
                                   "*",
                                   "a b",
                                   "Ana",
                                   "-a",
                                   "a-",
                                   ".",
                                   "..",
                                   "a/b",
                                   "<b>",
                                   "á",
                                   "a\nb",
                                   "a\"",
                                   "a%2F",
                                   "@",
                                   "a,b",
                                   "a;b=c",
                                   "a\xFF"
                                   "b",
                                   std::string(65, 'a'),
                                   std::string("a\0b", 3)};
    for (const std::string& name : refused) {
        const auto problem = check_name(name);
        ASSERT_TRUE(problem) << name;
        EXPECT_EQ(problem->code, "bad_name");
    }
    EXPECT_EQ(account_name("  ANA.Lima "), "ana.lima");
}

TEST(AccountRules, RefusePasswordsThatAreShortOrEasyToGuess) {
    EXPECT_FALSE(check_password("correct horse battery", "ana"));
    EXPECT_FALSE(check_password("äöüßéàçñõê", "ana")) << "characters count, not bytes";
    EXPECT_FALSE(check_password("the name ana within a long one", "ana"));
    const std::string refused[] = {"",           "ninechars", "aaaaaaaaaaaaaaaa",    "abababababab",
                                   "ana-ana-an", "äöüß",      std::string(1025, 'x')};
    for (const std::string& password : refused) {
        const auto problem = check_password(password, "ana-ana");
        ASSERT_TRUE(problem) << password;
        EXPECT_EQ(problem->code, "weak_password");
    }
}

TEST(AccountRules, KeepFreeTextOnOneLineAndShort) {
    EXPECT_EQ(free_text("  Ana <b>\r\n\x01Lima\x7F "), "Ana <b>Lima");
    EXPECT_LE(free_text(std::string(199, 'x') + "é").size(), kFreeTextBytesMax);
}

Request with_field(const std::string& name, const std::string& value) {
    Request request;
    request.fields = {{name, value}};
    return request;
}

TEST(SessionCookie, IsFoundByItsWholeNameAmongOthers) {
    const Visitor plain;
    const auto found = [&](const std::string& text) {
        return session_cookie(with_field("cookie", text), plain);
    };
    EXPECT_EQ(found("nias=abc"), "abc");
    EXPECT_EQ(found("a=b;  nias=abc ;c=d"), "abc");
    EXPECT_EQ(found("nias=first; nias=second"), "first");
    for (const char* text :
         {"", "xnias=abc", "nias2=abc", "NIAS=abc", "a=nias=abc", ";;;", "nias", "__Host-nias=abc"}) {
        EXPECT_EQ(found(text), std::nullopt) << text;
    }
}

TEST(SessionCookie, OverHttpsIsOneThatNobodyElseCanHaveSet) {
    const Visitor secure{.address = {}, .agent = {}, .secure = true};
    EXPECT_EQ(session_cookie(with_field("cookie", "nias=planted"), secure), std::nullopt);
    EXPECT_EQ(session_cookie(with_field("cookie", "nias=planted; __Host-nias=mine"), secure), "mine");
    const auto [name, value] = set_session_cookie("abc", secure, 60);
    EXPECT_EQ(name, "Set-Cookie");
    EXPECT_EQ(value, "__Host-nias=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure");
    EXPECT_EQ(clear_session_cookie(Visitor{}).second, "nias=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
}

TEST(BearerToken, IsTakenOfItsOwnSchemeAlone) {
    EXPECT_EQ(bearer_token(with_field("authorization", "Bearer abc")), "abc");
    EXPECT_EQ(bearer_token(with_field("authorization", "bearer  abc ")), "abc");
    EXPECT_EQ(bearer_token(with_field("authorization", "Basic abc")), std::nullopt);
    EXPECT_EQ(bearer_token(with_field("authorization", "Bearerabc")), std::nullopt);
    EXPECT_EQ(bearer_token(with_field("x", "Bearer abc")), std::nullopt);
}

}  // namespace
}  // namespace nias::httpfront
