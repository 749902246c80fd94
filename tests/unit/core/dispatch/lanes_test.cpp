// The short lane of each worker, and an owner's share of the queue.
#include "core/dispatch/policy/short_lane.hpp"
#include "unit/core/dispatch/lab.hpp"

namespace nias::core {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t kMinute = 60'000;

TaskSpec limited(std::uint64_t time_limit_ms, std::string runtime = {}) {
    TaskSpec spec;
    spec.time_limit_ms = time_limit_ms;
    spec.runtime = std::move(runtime);
    return spec;
}

TEST(ShortLane, KeepsNoSlotOfOneAndAQuarterOfMany) {
    const ShortLane lane{.percent = 25};
    const std::vector<std::pair<std::uint32_t, std::uint32_t>> expected{{1, 1}, {2, 2}, {3, 3},  {4, 3},
                                                                        {7, 6}, {8, 6}, {64, 48}};
    for (const auto& [slots, filled] : expected) { EXPECT_EQ(lane.long_slots(slots), filled) << slots; }
}

TEST(ShortLane, LeavesASlotToLongTasksAtItsLargestShare) {
    const ShortLane lane{.percent = ShortLane::kPercentMax};
    for (std::uint32_t slots = 1; slots < 100; ++slots) { EXPECT_GE(lane.long_slots(slots), 1U) << slots; }
}

TEST(ShortLane, TakesAJobWithoutALimitForLongAndAProgramsOwnTaskForShort) {
    const ShortLane lane{.percent = 25};
    EXPECT_FALSE(lane.is_long(limited(10 * kMinute)));
    EXPECT_TRUE(lane.is_long(limited(10 * kMinute + 1)));
    EXPECT_TRUE(lane.is_long(limited(0, "python")));
    EXPECT_FALSE(lane.is_long(limited(kMinute, "python")));
    EXPECT_FALSE(lane.is_long(limited(0)));
}

TEST(ShortLane, IsNotThereUnlessItIsAskedFor) {
    EXPECT_FALSE(ShortLane{}.is_long(limited(1'000 * kMinute)));
    EXPECT_EQ(ShortLane{}.long_slots(64), 64U);
}

class DispatchLanes : public DispatchLab {
protected:
    void SetUp() override {
        options_.short_lane.percent = 25;
        open();
    }
    static Task with_limit(unsigned n, std::uint64_t minutes) {
        Task task = task_of(n);
        task.spec.time_limit_ms = minutes * kMinute;
        return task;
    }
    std::vector<unsigned> given() {
        assign();
        auto numbers = take_numbers("w1");
        forget_effects();
        return numbers;
    }
    std::string told(unsigned n) { return core_->explain(id_of(n), when_.now).value_or("unknown"); }
};

TEST_F(DispatchLanes, LongTasksFillThreeOfFourSlots) {
    join("w1");
    submit({with_limit(1, 60), with_limit(2, 60), with_limit(3, 60), with_limit(4, 60), with_limit(5, 5)});
    EXPECT_THAT(given(), ElementsAre(1, 2, 3, 5));
    EXPECT_EQ(told(4),
              "every slot that long tasks may fill is in use, the others are kept for tasks of at most "
              "600 s; next in line, waits for a free worker");
    outcomes("w1", {outcome_of(5)});
    credit("w1", 2, 5);
    forget_effects();
    assign();
    nothing_left();
    outcomes("w1", {outcome_of(2)});
    credit("w1", 3, 6);
    forget_effects();
    EXPECT_THAT(given(), ElementsAre(4));
}

TEST_F(DispatchLanes, ShortTasksFillAllSlots) {
    join("w1");
    submit({with_limit(1, 1), with_limit(2, 1), task_of(3), with_limit(4, 10)});
    EXPECT_THAT(given(), ElementsAre(1, 2, 3, 4));
}

TEST_F(DispatchLanes, AWindowHoldsNoMoreLongTasksThanThereAreSlotsForThem) {
    join("w1", 100);
    submit({with_limit(1, 60), with_limit(2, 60), with_limit(3, 60), with_limit(4, 60), task_of(5),
            task_of(6), task_of(7)});
    EXPECT_THAT(given(), ElementsAre(1, 2, 3, 5, 6, 7));
}

TEST_F(DispatchLanes, AWorkersOnlySlotRunsLongTasks) {
    wire::Hello hello = hello_of("w1");
    hello.slots = 1;
    join(hello, 1);
    submit({with_limit(1, 60)});
    EXPECT_THAT(given(), ElementsAre(1));
}

TEST_F(DispatchLanes, TakesBackNoLongTaskForASlotThatIsKeptForShortOnes) {
    wire::Hello hello = hello_of("w1");
    hello.slots = 4;
    join(hello, 8);
    submit({with_limit(1, 60), with_limit(2, 60), with_limit(3, 60), task_of(4), task_of(5)});
    EXPECT_EQ(given().size(), 5U);
    for (int half = 0; half < 6; ++half) {
        pass(options_.beat / 2);
        from(peer_of("w1"), wire::Started{{}});
        assign();
    }
    nothing_left();
}

class DispatchShares : public DispatchLab {
protected:
    void SetUp() override {
        options_.max_queued = 4;
        options_.max_queued_per_owner = 3;
        open();
    }
};

TEST_F(DispatchShares, RefusesAnOwnerWhoHoldsItsShareOfTheQueue) {
    submit({task_of(1), task_of(2), task_of(3)});
    forget_effects();
    submit({task_of(4)});
    EXPECT_EQ(take_event(4, EventKind::rejected, TaskState::queued).text,
              "3 tasks of ana are waiting, an owner's share of the queue; try later");
    submit({task_of(5, "bob")});
    take_journal<test::JournalAdd>(5);
    take_event(5, EventKind::accepted, TaskState::queued);
    submit({task_of(6, "bob")});
    EXPECT_EQ(take_event(6, EventKind::rejected, TaskState::queued).text,
              "4 tasks are waiting, as many as are taken; try later");
}

TEST_F(DispatchShares, TakesAnOwnersNextTaskWhenOneHasBeenGivenOut) {
    submit({task_of(1), task_of(2), task_of(3)});
    join("w1", 1);
    assign();
    forget_effects();
    submit({task_of(4)});
    take_journal<test::JournalAdd>(4);
    take_event(4, EventKind::accepted, TaskState::queued);
}

}  // namespace
}  // namespace nias::core
