#include "accounts/throttle.hpp"

#include <gtest/gtest.h>

namespace nias::httpfront {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Time at(milliseconds after) { return Time{} + std::chrono::hours(1) + after; }

TEST(Throttle, LetsABurstThroughAndThenATryAtEachInterval) {
    Throttle throttle(3, seconds(10));
    for (int i = 0; i < 3; ++i) { EXPECT_FALSE(throttle.take("ana", at(seconds(0)))) << i; }
    EXPECT_EQ(throttle.take("ana", at(seconds(0))), seconds(10));
    EXPECT_EQ(throttle.take("ana", at(seconds(4))), seconds(6)) << "a refused try was counted";
    EXPECT_FALSE(throttle.take("ana", at(seconds(10))));
    EXPECT_EQ(throttle.take("ana", at(seconds(10))), seconds(10));
}

TEST(Throttle, LocksNobodyOutHoweverManyTriesWereRefused) {
    Throttle throttle(2, seconds(10));
    for (int i = 0; i < 10'000; ++i) { (void)throttle.take("ana", at(milliseconds(i))); }
    EXPECT_FALSE(throttle.take("ana", at(seconds(20)))) << "the wait grew with the tries";
}

TEST(Throttle, KeepsKeysApart) {
    Throttle throttle(1, seconds(10));
    EXPECT_FALSE(throttle.take("ana", at(seconds(0))));
    EXPECT_FALSE(throttle.take("bob", at(seconds(0))));
    EXPECT_TRUE(throttle.take("ana", at(seconds(0))));
}

TEST(Throttle, ChargesNothingForATryThatSucceeded) {
    Throttle throttle(1, seconds(10));
    for (int i = 0; i < 5; ++i) {
        EXPECT_FALSE(throttle.take("ana", at(seconds(0)))) << i;
        throttle.give_back("ana");
    }
    throttle.give_back("nobody");
    EXPECT_FALSE(throttle.take("ana", at(seconds(0))));
    EXPECT_TRUE(throttle.take("ana", at(seconds(0))));
}

TEST(Throttle, IsBoundedAndForgetsThoseThatWaitLeast) {
    Throttle throttle(1, seconds(10));
    EXPECT_FALSE(throttle.take("early", at(seconds(0))));
    for (std::size_t i = 1; i < Throttle::kKeysMax; ++i) {
        EXPECT_FALSE(throttle.take(std::to_string(i), at(seconds(1))));
    }
    EXPECT_EQ(throttle.size(), Throttle::kKeysMax);
    EXPECT_FALSE(throttle.take("one more", at(seconds(1))));
    EXPECT_EQ(throttle.size(), Throttle::kKeysMax);
    EXPECT_FALSE(throttle.take("early", at(seconds(1)))) << "the one that waits least was kept";
    EXPECT_TRUE(throttle.take("one more", at(seconds(1)))) << "a busy one was forgotten";
    EXPECT_FALSE(throttle.take("later", at(seconds(60))));
    EXPECT_EQ(throttle.size(), 1U) << "those that wait no more were kept";
}

}  // namespace
}  // namespace nias::httpfront
