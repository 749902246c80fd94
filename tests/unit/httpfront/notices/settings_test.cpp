#include "notices/settings.hpp"

#include <gtest/gtest.h>

#include "notices/mail.hpp"
#include "notices/webhook.hpp"
#include "support/temp_folder.hpp"

namespace nias::httpfront {
namespace {

TEST(NoticeSettings, AreKeptByAccount) {
    const test::TempFolder folder;
    auto accounts = NoticeAccounts::open(folder.path());
    ASSERT_TRUE(accounts);
    EXPECT_FALSE(accounts->of("ana")->any());
    ASSERT_TRUE(accounts->set(
        "ana", {.webhook = "https://lab.example/x", .secret = "s", .mail = "", .language = "pt-BR"}));
    ASSERT_TRUE(
        accounts->set("../ana", {.webhook = "", .secret = "", .mail = "b@lab.example", .language = "en"}));
    auto again = NoticeAccounts::open(folder.path());
    EXPECT_EQ(again->of("ana")->webhook, "https://lab.example/x");
    EXPECT_EQ(again->of("ana")->secret, "s");
    EXPECT_EQ(again->of("../ana")->mail, "b@lab.example");
    ASSERT_TRUE(again->set("ana", {}));
    EXPECT_FALSE(again->of("ana")->any());
}

TEST(NoticeSettings, TakeUrlsOfTheWebAlone) {
    for (const char* good : {"https://lab.example", "http://lab.example:8080/a?b=c", "https://[2606::1]/x"}) {
        EXPECT_FALSE(check_webhook(good)) << good;
    }
    for (const std::string& wrong :
         {std::string(), std::string("lab.example"), std::string("ftp://lab.example"),
          std::string("file:///etc/passwd"), std::string("https://"),
          std::string("https://ana:x@lab.example/"), std::string("https://lab.example/a b"),
          std::string("https://lab.example/\r\nX: y"), std::string("https://lab.example/é"),
          "https://lab.example/" + std::string(2000, 'a')}) {
        EXPECT_TRUE(check_webhook(wrong)) << wrong;
    }
}

TEST(NoticeSettings, TakeOneAddressOfMailAndNothingThatAddsToAHead) {
    for (const char* good : {"ana@lab.example", "ana.lima+nias@xn--lab.example"}) {
        EXPECT_FALSE(check_mail(good)) << good;
    }
    for (const std::string& wrong :
         {std::string(), std::string("ana"), std::string("@lab.example"), std::string("ana@"),
          std::string("a@b@c"), std::string("a@b,c@d"), std::string("a b@c"), std::string("a@b\r\nBcc: x@y"),
          std::string("<a@b>"), std::string("é@b"), std::string(250, 'a') + "@b.cd"}) {
        EXPECT_TRUE(check_mail(wrong)) << wrong;
    }
}

TEST(Signatures, AreHmacSha256OfTimeAndBody) {
    // Computed by Python's hmac: hmac.new(b"secret", b"1700000000.{}", "sha256").
    EXPECT_EQ(signature_of("secret", 1'700'000'000, "{}"),
              "sha256=b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163");
    EXPECT_NE(signature_of("secret", 1'700'000'001, "{}"), signature_of("secret", 1'700'000'000, "{}"));
    EXPECT_NE(signature_of("other", 1'700'000'000, "{}"), signature_of("secret", 1'700'000'000, "{}"));
}

TEST(MailServers, AreReadInWords) {
    EXPECT_TRUE(parse_mail_server("", "", "")->host.empty());
    EXPECT_EQ(parse_mail_server("mail.lab.example", "nias@lab.example", "")->port, 25);
    EXPECT_EQ(parse_mail_server("mail.lab.example:587", "nias@lab.example", "")->port, 587);
    EXPECT_FALSE(parse_mail_server("mail.lab.example", "", ""));
    EXPECT_FALSE(parse_mail_server("mail.lab.example:0", "nias@lab.example", ""));
    EXPECT_FALSE(parse_mail_server("mail.lab.example:x", "nias@lab.example", ""));
    EXPECT_FALSE(parse_mail_server("mail.lab.example", "nias@lab.example", "/nowhere/login"));
}

}  // namespace
}  // namespace nias::httpfront
