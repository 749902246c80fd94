#include "api/likely_start.hpp"

#include <gtest/gtest.h>

namespace nias::httpfront {
namespace {

TEST(LikelyStart, CountsThoseBeforeAJobThatWaitsForItsTurnAlone) {
    EXPECT_EQ(tasks_ahead("next in line, waits for a free worker"), 0U);
    EXPECT_EQ(tasks_ahead("behind 1 task of 1 owner"), 1U);
    EXPECT_EQ(tasks_ahead("behind 12 tasks of 3 owners"), 12U);
    EXPECT_EQ(tasks_ahead("behind 12 tasks of 3 owners\nattempt 1: silent for 30 s"), 12U)
        << "its history is in nobody's way";
    EXPECT_EQ(
        tasks_ahead("every slot that long tasks may fill is in use, the others are kept for tasks of at "
                    "most 600 s; behind 1 task of 1 owner"),
        1U);
}

TEST(LikelyStart, SaysNothingWhereSomethingElseIsInTheWay) {
    for (const char* why :
         {"", "no worker is connected", "no machine offers matlab", "behind more than 1000 tasks of 9 owners",
          "waits until 4 cpus are free on one machine; behind 2 tasks of 1 owner",
          "3 of 4 matlab in use; third in line", "needs 2 cpus, the largest machine has 1",
          "what is free on lab1 is kept for what has waited longer; next in line, waits for a free worker",
          "words of a later version", "behind ; tasks"}) {
        EXPECT_FALSE(tasks_ahead(why)) << why;
        EXPECT_FALSE(likely_start_ms(why, 1.0, 1000)) << why;
    }
}

TEST(LikelyStart, FollowsThePaceOfTheLine) {
    EXPECT_EQ(likely_start_ms("next in line, waits for a free worker", 0.5, 1000), 3000);
    EXPECT_EQ(likely_start_ms("behind 9 tasks of 2 owners", 0.1, 0), 100'000);
    EXPECT_FALSE(likely_start_ms("behind 9 tasks of 2 owners", std::nullopt, 0));
    EXPECT_FALSE(likely_start_ms("behind 9 tasks of 2 owners", 0.0, 0));
    EXPECT_FALSE(likely_start_ms("behind 9999 tasks of 2 owners", 1e-9, 0)) << "that is years away";
}

}  // namespace
}  // namespace nias::httpfront
