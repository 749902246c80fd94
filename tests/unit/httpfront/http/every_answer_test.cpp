#include "http/sending/every_answer.hpp"

#include <gtest/gtest.h>

#include "http/sending/outgoing.hpp"

namespace nias::httpfront {
namespace {

std::string head_with(Answer answer, const Request* request = nullptr) {
    add_common_headers(answer, "id-1", request);
    return head_of(answer, 0, false);
}

std::size_t count(const std::string& text, const std::string& what) {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; ++at) { ++found; }
    return found;
}

TEST(EveryAnswer, IsNamedAndOfTheStrictestKindWhereItSaysNothingElse) {
    const std::string head = head_with({.status = 431, .headers = {}, .body = std::string()});
    for (const char* line :
         {"X-Request-Id: id-1\r\n", "X-Content-Type-Options: nosniff\r\n", "Referrer-Policy: same-origin\r\n",
          "Cross-Origin-Resource-Policy: same-origin\r\n", "Cross-Origin-Opener-Policy: same-origin\r\n",
          "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n",
          "Cache-Control: no-store\r\n"}) {
        EXPECT_EQ(count(head, line), 1U) << line << " in\n" << head;
    }
    EXPECT_EQ(count(head, "Strict-Transport-Security"), 0U);
}

TEST(EveryAnswer, KeepsItsOwnPolicyAndHowLongItMayBeKept) {
    const std::string head =
        head_with({.status = 200,
                   .headers = {{"Content-Security-Policy", "sandbox"}, {"Cache-Control", "no-cache"}},
                   .body = std::string()});
    EXPECT_EQ(count(head, "Content-Security-Policy: sandbox\r\n"), 1U);
    EXPECT_EQ(count(head, "Content-Security-Policy"), 1U);
    EXPECT_EQ(count(head, "Cache-Control: no-cache\r\n"), 1U);
    EXPECT_EQ(count(head, "Cache-Control"), 1U);
}

TEST(EveryAnswer, ThatABrowserHasAlreadyKeepsThePolicyWithWhichItCame) {
    const std::string head = head_with({.status = 304, .headers = {}, .body = std::string()});
    EXPECT_EQ(count(head, "Content-Security-Policy"), 0U);
    EXPECT_EQ(count(head, "Cache-Control"), 0U);
    EXPECT_EQ(count(head, "X-Content-Type-Options"), 1U);
}

TEST(EveryAnswer, TellsABrowserThatCameOverHttpsToStayWithItButNotForAWholeMachine) {
    const auto told = [](const std::string& host, bool secure) {
        Request request;
        request.host = host;
        request.secure = secure;
        return count(head_with({}, &request), "Strict-Transport-Security: max-age=31536000\r\n") == 1;
    };
    EXPECT_TRUE(told("lab.example", true));
    EXPECT_FALSE(told("lab.example", false));
    EXPECT_FALSE(told("localhost", true));
    EXPECT_FALSE(told("localhost:8443", true));
    EXPECT_TRUE(told("localhost.lab.example", true));
}

TEST(EveryAnswer, StaysNamedWhereAnotherHasToTakeItsPlace) {
    Answer answer{
        .status = 200,
        .headers = {{"Content-Security-Policy", "sandbox"}, {"Cache-Control", "private, max-age=3600"}},
        .body = FileSlice{"/nowhere", 0, 10}};
    add_common_headers(answer, "id-2", nullptr);
    const Answer other =
        instead_of(answer, {.status = 500, .code = "corrupt", .detail = "it cannot be read"});
    const std::string head = head_of(other, 0, false);
    for (const char* line : {"HTTP/1.1 500 ", "X-Request-Id: id-2\r\n", "X-Content-Type-Options: nosniff\r\n",
                             "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n",
                             "Cache-Control: no-store\r\n"}) {
        EXPECT_EQ(count(head, line), 1U) << line << " in\n" << head;
    }
}

}  // namespace
}  // namespace nias::httpfront
