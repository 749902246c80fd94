#include "live/waiting_walk.hpp"

#include <gtest/gtest.h>

namespace nias::httpfront {
namespace {

using namespace std::chrono_literals;

store::WaitingTask task(std::uint8_t number) {
    store::WaitingTask made;
    made.id.bytes[15] = number;
    return made;
}

constexpr Time kStart = Time{} + 1h;

TEST(WaitingWalk, BeginsWhereTheLastOneEnded) {
    WaitingWalk walk;
    EXPECT_EQ(walk.from(kStart), TaskId{});
    walk.walked({}, kStart, kStart + 1ms, task(7));
    EXPECT_EQ(walk.from(kStart + 5s), task(7).id);
    walk.walked(task(7).id, kStart + 5s, kStart + 5s, task(9));
    EXPECT_EQ(walk.from(kStart + 10s), task(9).id);
}

TEST(WaitingWalk, LooksFromTheBeginningAgainForTasksThatCameLate) {
    WaitingWalk walk;
    walk.walked({}, kStart, kStart + 1ms, task(7));
    EXPECT_EQ(walk.from(kStart + 59s), task(7).id);
    EXPECT_EQ(walk.from(kStart + 61s), TaskId{});
}

TEST(WaitingWalk, GivesSearchesOfALongLedgerASmallPartOfTheTime) {
    WaitingWalk walk;
    walk.walked({}, kStart, kStart + 4s, task(7));
    EXPECT_EQ(walk.from(kStart + 200s), task(7).id);
    EXPECT_EQ(walk.from(kStart + 205s), TaskId{});
}

TEST(WaitingWalk, LooksFromTheBeginningWhereNothingWaitsFromThereOn) {
    WaitingWalk walk;
    walk.walked({}, kStart, kStart + 1ms, task(7));
    walk.walked(task(7).id, kStart + 5s, kStart + 5s, std::nullopt);
    EXPECT_EQ(walk.from(kStart + 10s), TaskId{});
}

}  // namespace
}  // namespace nias::httpfront
