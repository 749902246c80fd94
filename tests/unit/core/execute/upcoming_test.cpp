// A worker makes tasks ready before it is given them, and throws them away when they are not to come.
#include "unit/core/execute/lab.hpp"

namespace nias::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

class ExecuteUpcoming : public ExecuteLab {
protected:
    void SetUp() override {
        ExecuteLab::SetUp();
        options_.slots = options_.window = 2;
        options_.prepares = 2;
    }
    void join() {
        ExecuteLab::join();
        EXPECT_THAT(take_upcoming(), Optional(IsEmpty())) << "with its Hello";
    }
    void tell(std::vector<Task> tasks, std::uint64_t incarnation = 5) {
        on(wire::Upcoming{incarnation, std::move(tasks)});
    }
};

TEST_F(ExecuteUpcoming, SaysInItsHelloHowManyItPrepares) {
    EXPECT_EQ(start().prepares, 2U);
    forget_effects();
}

TEST_F(ExecuteUpcoming, HasMadeReadyWhatItIsToldOfAndHoldsNothingForIt) {
    join();
    tell({task_of(7), task_of(8)});
    EXPECT_THAT(take_upcoming(), Optional(ElementsAre(7, 8)));
    EXPECT_THAT(take_run(), IsEmpty());
    EXPECT_EQ(core_->held(), 0U);
    tell({task_of(8)});
    EXPECT_THAT(take_upcoming(), Optional(ElementsAre(8)));
    pass(seconds(1));
    EXPECT_EQ(take<wire::Credit>().total, 2U) << "as before";
    expect_beat({});
}

TEST_F(ExecuteUpcoming, LeavesOutWhatItHasBeenGivenMeanwhile) {
    join();
    give({task_of(7)}, 1);
    EXPECT_THAT(take_run(), ElementsAre(7));
    tell({task_of(7), task_of(8)});
    EXPECT_THAT(take_upcoming(), Optional(ElementsAre(8)));
}

TEST_F(ExecuteUpcoming, TakesNoMoreThanItPrepares) {
    join();
    tell({task_of(7), task_of(8), task_of(9)});
    EXPECT_THAT(take_upcoming(), Optional(ElementsAre(7, 8)));
}

TEST_F(ExecuteUpcoming, HearsNothingThatIsForAnEarlierLifeOrComesBeforeItsWelcome) {
    start();
    take_upcoming();
    tell({task_of(7)});
    EXPECT_EQ(take_upcoming(), std::nullopt);
    join();
    tell({task_of(7)}, 4);
    EXPECT_EQ(take_upcoming(), std::nullopt);
}

TEST_F(ExecuteUpcoming, PreparesNothingWhereItWasNotAskedTo) {
    options_.prepares = 0;
    ExecuteLab::join();
    tell({task_of(7)});
    EXPECT_EQ(take_upcoming(), std::nullopt);
    drain();
    EXPECT_EQ(take_upcoming(), std::nullopt);
    forget_effects();
}

TEST_F(ExecuteUpcoming, ThrowsItAwayWhereItDrainsAndTakesNoMore) {
    join();
    tell({task_of(7)});
    take_upcoming();
    drain();
    EXPECT_THAT(take_upcoming(), Optional(IsEmpty()));
    tell({task_of(8)});
    EXPECT_THAT(take_upcoming(), Optional(IsEmpty()));
    forget_effects();
}

TEST_F(ExecuteUpcoming, ThrowsItAwayWhereTheMachineRests) {
    join();
    tell({task_of(7)});
    take_upcoming();
    step([&](ExecuteEffects& out) { core_->rest("the disk is full", {}, out); });
    EXPECT_THAT(take_upcoming(), Optional(IsEmpty()));
    tell({task_of(7)});
    EXPECT_THAT(take_upcoming(), Optional(IsEmpty()));
    step([&](ExecuteEffects& out) { core_->rest("", {}, out); });
    tell({task_of(7)});
    EXPECT_THAT(take_upcoming(), Optional(ElementsAre(7)));
    forget_effects();
}

TEST_F(ExecuteUpcoming, ThrowsItAwayWhereItLeavesIsRefusedOrSaysHelloAgain) {
    join();
    tell({task_of(7)});
    take_upcoming();
    on(wire::Rehello{});
    EXPECT_THAT(take_upcoming(), Optional(IsEmpty())) << "a ventilator that starts anew knows of nothing";
    welcome();
    tell({task_of(7)});
    EXPECT_THAT(take_upcoming(), Optional(ElementsAre(7)));
    on(wire::Refused{"its key was revoked"});
    EXPECT_THAT(take_upcoming(), Optional(IsEmpty()));
    forget_effects();
}

TEST_F(ExecuteUpcoming, ThrowsItAwayWhereItIsStopped) {
    join();
    tell({task_of(7)});
    take_upcoming();
    step([&](ExecuteEffects& out) { core_->leave("it was stopped", now_, out); });
    EXPECT_THAT(take_upcoming(), Optional(IsEmpty()));
    forget_effects();
}

}  // namespace
}  // namespace nias::core
