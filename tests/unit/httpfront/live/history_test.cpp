// The jobs that a reader of events missed.
#include "live/history.hpp"

#include <gmock/gmock.h>

namespace nias::httpfront {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TaskId id_of(std::uint32_t number) { return TaskId{}.member(number); }

TEST(History, TellsEachJobOnceOfTheEventsSinceOne) {
    History history(7);
    for (const std::uint32_t number : {1U, 2U, 3U, 2U}) { history.add(id_of(number)); }
    EXPECT_EQ(history.event_id(), "7-4");
    EXPECT_THAT(*history.since("7-1"), ElementsAre(id_of(2), id_of(3)));
    EXPECT_THAT(*history.since("7-4"), IsEmpty());
}

TEST(History, KnowsNothingOfOtherLivesAndOfTheFuture) {
    History history(7);
    history.add(id_of(1));
    for (const char* id : {"", "7", "7-", "7-0", "7-x", "7-2", "8-1", "77-1"}) {
        EXPECT_FALSE(history.since(id)) << id;
    }
}

TEST(History, LooksNoFurtherBackThanItsBound) {
    History history(7);
    for (std::uint32_t number = 1; number <= History::kMost + 2; ++number) { history.add(id_of(number)); }
    EXPECT_FALSE(history.since("7-1"));
    EXPECT_EQ(history.since("7-2")->size(), History::kMost);
}

}  // namespace
}  // namespace nias::httpfront
