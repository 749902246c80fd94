#include "notices/settings.hpp"

#include <gtest/gtest.h>

#include "notices/mail.hpp"
#include "notices/webhook.hpp"
#include "support/temp_folder.hpp"

namespace nias::httpfront {
namespace {

NoticeSettings settled(const std::variant<NoticeSettings, Problem>& answer) {
    const auto* settings = std::get_if<NoticeSettings>(&answer);
    EXPECT_NE(settings, nullptr) << std::get<Problem>(answer).detail;
    return settings != nullptr ? *settings : NoticeSettings{};
}

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
    const NoticeSettings asked = settled(ask_for_mail({}, "c@lab.example", 7));
    ASSERT_TRUE(again->set("eva", asked));
    EXPECT_EQ(again->of("eva")->code, asked.code);
    EXPECT_EQ(again->of("eva")->mail_asked, "c@lab.example");
    EXPECT_EQ(again->of("eva")->asked_unix_ms, 7);
    EXPECT_EQ(again->of("eva")->asks, 1U);
    ASSERT_TRUE(again->set("ana", {}));
    EXPECT_FALSE(again->of("ana")->any());
}

TEST(NoticeSettings, MailNothingToAnAddressBeforeTheCodeThatItWasSent) {
    NoticeSettings before;
    before.webhook = "https://x";
    const NoticeSettings asked = settled(ask_for_mail(before, "ana@lab.example", 1'000));
    EXPECT_EQ(asked.mail, "");
    EXPECT_EQ(asked.mail_asked, "ana@lab.example");
    EXPECT_GE(asked.code.size(), 20U);
    EXPECT_EQ(std::get<Problem>(confirm_mail(asked, "x" + asked.code, 2'000)).code, "mail_code");
    EXPECT_EQ(std::get<Problem>(confirm_mail(asked, "", 2'000)).code, "mail_code");
    EXPECT_EQ(std::get<Problem>(confirm_mail(asked, asked.code, 1'001 + 2 * kMailCodeForMs)).status, 422);
    const NoticeSettings confirmed = settled(confirm_mail(asked, asked.code, 2'000));
    EXPECT_EQ(confirmed.mail, "ana@lab.example");
    EXPECT_EQ(confirmed.mail_asked, "");
    EXPECT_EQ(confirmed.webhook, "https://x");
    EXPECT_EQ(std::get<Problem>(confirm_mail(confirmed, asked.code, 2'000)).code, "mail_code")
        << "a code is good once";
    EXPECT_EQ(std::get<Problem>(confirm_mail({}, "", 2'000)).code, "mail_code");
}

TEST(NoticeSettings, AskAnewForEachOtherAddressAndForNoneThatStays) {
    NoticeSettings kept;
    kept.mail = "ana@lab.example";
    EXPECT_EQ(settled(ask_for_mail(kept, "ana@lab.example", 1'000)).mail, "ana@lab.example");
    EXPECT_EQ(settled(ask_for_mail(kept, "", 1'000)).mail, "");
    const NoticeSettings other = settled(ask_for_mail(kept, "bob@lab.example", 1'000));
    EXPECT_EQ(other.mail, "") << "the old one is told nothing more either";
    EXPECT_EQ(settled(ask_for_mail(other, "", 1'000)).code, "") << "what was asked for is taken back";
}

TEST(NoticeSettings, SendAFewCodesADayAtMost) {
    NoticeSettings settings;
    for (std::uint32_t n = 0; n < kMailAsksMax; ++n) {
        settings = settled(ask_for_mail(settings, std::to_string(n) + "@lab.example", 1'000 + n));
    }
    const auto refused = ask_for_mail(settings, "more@lab.example", 2'000);
    EXPECT_EQ(std::get<Problem>(refused).status, 429);
    EXPECT_EQ(settled(ask_for_mail(settings, "more@lab.example", 2'000 + kMailCodeForMs)).asks, 1U);
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
