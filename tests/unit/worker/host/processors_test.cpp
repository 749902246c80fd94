// Processors for jobs.
#include "worker/host/processors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nias::worker {
namespace {

using testing::ElementsAre;

TEST(Processors, GoToTheJobWithTheFewestNeighbours) {
    Processors all({0, 1, 4, 5});
    const auto one = all.take(1);
    const auto two = all.take(2);
    EXPECT_THAT(one.numbers(), ElementsAre(0));
    EXPECT_THAT(two.numbers(), ElementsAre(1, 4));
    { EXPECT_THAT(all.take(1).numbers(), ElementsAre(5)); }
    EXPECT_THAT(all.take(1).numbers(), ElementsAre(5)) << "it was given back";
    EXPECT_THAT(all.take(9).numbers(), ElementsAre(0, 1, 4, 5)) << "more than there are";
}

TEST(Processors, AreThoseOfThisProcess) {
    Processors own;
    EXPECT_EQ(own.take(1).numbers().size(), 1U);
    Processors none(std::vector<int>{});
    EXPECT_TRUE(none.take(2).numbers().empty()) << "then nothing is set";
}

}  // namespace
}  // namespace nias::worker
