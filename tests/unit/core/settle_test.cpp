// The sink's brain: nothing is passed on before it is durable, and every repeat is passed on again.
#include "core/settle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/core/dispatch/records.hpp"

namespace nias::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Settle, CommitsWithTheWorkersNameAndThenPassesOn) {
    Settle settle;
    Outcome named = outcome_of(2);
    named.worker = "elsewhere";
    settle.on({"w1", {outcome_of(1), named}});
    const auto rows = settle.to_commit();
    ASSERT_THAT(rows, SizeIs(2));
    EXPECT_EQ(rows[0].worker, "w1");
    EXPECT_THAT(rows[0].outcomes->ids, ElementsAre(id_of(1)));
    EXPECT_EQ(rows[1].worker, "elsewhere");
    EXPECT_THAT(rows[1].outcomes->ids, ElementsAre(id_of(2)));
    const auto passed = settle.committed();
    ASSERT_THAT(passed, SizeIs(1));
    EXPECT_EQ(passed[0], (wire::Outcomes{"w1", {outcome_of(1), named}}));
    EXPECT_TRUE(settle.empty());
    EXPECT_THAT(settle.committed(), IsEmpty());
    EXPECT_THAT(settle.to_commit(), IsEmpty());
}

TEST(Settle, PassesNothingOnAfterACommitThatFailed) {
    Settle settle;
    settle.on({"w1", {outcome_of(1)}});
    settle.failed();
    EXPECT_TRUE(settle.empty());
    EXPECT_THAT(settle.committed(), IsEmpty());
    settle.on({"w1", {outcome_of(1)}});  // the worker repeats it
    EXPECT_THAT(settle.committed(), SizeIs(1));
}

TEST(Settle, PassesEveryRepeatOnAgain) {
    Settle settle;
    settle.on({"w1", {outcome_of(1)}});
    EXPECT_THAT(settle.committed(), SizeIs(1));
    settle.on({"w1", {outcome_of(1)}});
    settle.on({"w1", {outcome_of(1)}});
    const auto passed = settle.committed();
    ASSERT_THAT(passed, SizeIs(1));
    EXPECT_THAT(passed[0].outcomes, SizeIs(2));
}

TEST(Settle, JoinsTheReportsOfAWorkerAndKeepsThoseOfOthersApart) {
    Settle settle;
    settle.on({"w1", {outcome_of(1)}});
    settle.on({"w2", {outcome_of(2)}});
    settle.on({"w1", {outcome_of(3), outcome_of(4)}});
    const auto passed = settle.committed();
    ASSERT_THAT(passed, SizeIs(2));
    EXPECT_EQ(passed[0], (wire::Outcomes{"w1", {outcome_of(1), outcome_of(3), outcome_of(4)}}));
    EXPECT_EQ(passed[1], (wire::Outcomes{"w2", {outcome_of(2)}}));
}

TEST(Settle, TakesNoNoticeOfAnEmptyReport) {
    Settle settle;
    settle.on({"w1", {}});
    EXPECT_TRUE(settle.empty());
}

TEST(Settle, IsFullAtTheBoundOfABatchAndAfterItTakesMore) {
    Settle settle;
    std::vector<Outcome> most(wire::kBatchItemsMax - 1, outcome_of(1));
    settle.on({"w1", most});
    EXPECT_FALSE(settle.full());
    settle.on({"w2", {outcome_of(2)}});
    EXPECT_TRUE(settle.full());
    EXPECT_THAT(settle.committed(), SizeIs(2));
    EXPECT_FALSE(settle.full());
    settle.on({"w1", most});
    EXPECT_FALSE(settle.full());
    settle.on({"w2", {outcome_of(2)}});
    settle.failed();
    EXPECT_FALSE(settle.full());
}

TEST(Settle, ClosesAMessageAtItsBounds) {
    Settle settle;
    settle.on({"w1", std::vector<Outcome>(wire::kBatchItemsMax, outcome_of(1))});
    settle.on({"w1", {outcome_of(2)}});
    Outcome heavy = outcome_of(3);
    heavy.output.resize(kInlineMax);
    const std::size_t fitting = wire::kBatchBytesTarget / kInlineMax;
    settle.on({"w2", std::vector<Outcome>(fitting, heavy)});
    settle.on({"w2", std::vector<Outcome>(fitting, heavy)});
    const auto passed = settle.committed();
    ASSERT_THAT(passed, SizeIs(4));
    EXPECT_THAT(passed[0].outcomes, SizeIs(wire::kBatchItemsMax));
    EXPECT_THAT(passed[1].outcomes, SizeIs(1));
    EXPECT_THAT(passed[2].outcomes, SizeIs(fitting));
    EXPECT_THAT(passed[3].outcomes, SizeIs(fitting));
}

}  // namespace
}  // namespace nias::core
