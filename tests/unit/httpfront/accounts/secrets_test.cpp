#include "accounts/secrets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <latch>
#include <set>
#include <thread>
#include <vector>

#include "accounts/passwords.hpp"

namespace nias::httpfront {
namespace {

TEST(Secrets, AreLongUnlikeAndSafeInLinksAndCookies) {
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        const Secret secret = make_secret("nias_");
        EXPECT_TRUE(secret.text.starts_with("nias_"));
        EXPECT_EQ(secret.text.size(), 5U + 43U) << "256 bits are 43 characters of base64";
        EXPECT_TRUE(std::all_of(secret.text.begin(), secret.text.end(), [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                   c == '_';
        })) << secret.text;
        EXPECT_TRUE(seen.insert(secret.text).second);
    }
}

TEST(Secrets, AreStoredAsTheirHash) {
    const Secret secret = make_secret();
    EXPECT_EQ(hash_secret(secret.text), secret.hash);
    EXPECT_NE(hash_secret(secret.text + "x"), secret.hash);
    EXPECT_EQ(to_string(hash_secret("abc")),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Secrets, NameRowsByIdsOfTheirOwn) {
    const std::string id = make_public_id();
    EXPECT_EQ(id.size(), 16U);
    EXPECT_NE(id, make_public_id());
}

class PasswordsTest : public testing::Test {
protected:
    void SetUp() override {
        auto started = Passwords::start();
        ASSERT_TRUE(started) << started.error().message;
        passwords_ = std::move(*started);
    }
    std::unique_ptr<Passwords> passwords_;
};

TEST_F(PasswordsTest, AreKeptAsArgon2idWithSaltAndVerified) {
    const auto hash = passwords_->hash("correct horse");
    ASSERT_TRUE(hash);
    EXPECT_TRUE(hash->starts_with("$argon2id$")) << *hash;
    EXPECT_NE(*hash, *passwords_->hash("correct horse")) << "two hashes have one salt";
    EXPECT_TRUE(*passwords_->verify(*hash, "correct horse"));
    EXPECT_FALSE(*passwords_->verify(*hash, "correct horsf"));
    EXPECT_FALSE(*passwords_->verify("not a hash", "correct horse"));
}

TEST_F(PasswordsTest, FitNobodyWithoutAHashAndTellThatAsSlowly) {
    const auto hash = passwords_->hash("correct horse");
    ASSERT_TRUE(hash);
    // The processor's time is compared: it is the same however busy the machine is.
    const auto work_of = [&](const std::string& stored) {
        const std::clock_t begun = std::clock();
        EXPECT_FALSE(*passwords_->verify(stored, "wrong"));
        return static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
    };
    const double known = work_of(*hash);
    const double unknown = work_of("");
    EXPECT_GT(known, 0.005) << "a guess costs too little";
    EXPECT_LT(known, 3 * unknown) << "a known name takes longer";
    EXPECT_LT(unknown, 3 * known) << "an unknown name takes longer";
}

TEST_F(PasswordsTest, RefuseACrowdInWordsInsteadOfHoldingIt) {
    constexpr std::size_t kCrowd = 4 * Passwords::kWaitingMax;
    std::latch together(kCrowd);
    std::vector<Result<bool>> answers(kCrowd, Result<bool>(false));
    {
        std::vector<std::jthread> crowd;
        for (std::size_t i = 0; i < kCrowd; ++i) {
            crowd.emplace_back([&, i] {
                together.arrive_and_wait();
                answers[i] = passwords_->verify("", "x");
            });
        }
    }
    const auto refused = std::count_if(answers.begin(), answers.end(), [](const Result<bool>& answer) {
        return !answer && answer.error().code == ErrorCode::overloaded;
    });
    EXPECT_GT(refused, 0);
    EXPECT_LT(refused, static_cast<std::ptrdiff_t>(kCrowd)) << "nobody was served";
}

}  // namespace
}  // namespace nias::httpfront
