// How a worker joins, is told things, and leaves: Welcome, Refused, Beat, Goodbye.
#include "unit/core/execute/lab.hpp"

namespace nias::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ExecuteLeave : public ExecuteLab {
protected:
    void leave() {
        step([&](ExecuteEffects& out) { core_->leave("it was stopped", now_, out); });
    }
};

TEST_F(ExecuteLeave, SaysGoodbyeUntilItIsAnswered) {
    join();
    leave();
    EXPECT_EQ(take<wire::Goodbye>(), (wire::Goodbye{5, {}, "it was stopped"}));
    EXPECT_FALSE(core_->has_left());
    pass(options_.repeat_goodbye);
    EXPECT_EQ(take<wire::Goodbye>().incarnation, 5U);
    on(wire::Goodbye{6, {}, {}});  // another life's
    EXPECT_FALSE(core_->has_left());
    on(wire::Goodbye{5, {}, {}});
    EXPECT_TRUE(core_->has_left());
    pass(seconds(60));
    nothing_left();
}

TEST_F(ExecuteLeave, NamesTheOutcomesThatItKeepsAndNothingThatRan) {
    options_.keeps_outcomes = true;
    join();
    give({task_of(1), task_of(2)}, 2);
    (void)take_run();
    finish(outcome_of(1));
    forget_effects();
    leave();
    EXPECT_THAT(take<wire::Goodbye>().unsettled, ElementsAre(ref_of(1)));
}

TEST_F(ExecuteLeave, SaysAndTakesNothingElseOnceItLeaves) {
    join();
    leave();
    take<wire::Goodbye>();
    give({task_of(1)}, 1);
    EXPECT_THAT(take_run(), IsEmpty());
    on(wire::Rehello{});
    welcome();
    on(wire::Refused{"too late", wire::WorkerRefusal::revoked});
    EXPECT_EQ(core_->refusal(), "");
    nothing_left();
}

TEST_F(ExecuteLeave, SaysNoGoodbyeAfterARefusal) {
    join();
    on(wire::Refused{"no", wire::WorkerRefusal::revoked});
    EXPECT_EQ(core_->refusal_code(), wire::WorkerRefusal::revoked);
    leave();
    nothing_left();
}

TEST_F(ExecuteLeave, SaysInItsHelloThatItsLastLifeWasStopped) {
    options_.was_stopped = true;
    EXPECT_TRUE(start().was_stopped);
}

TEST_F(ExecuteLeave, SaysInItsHelloHowLongWhatItHoldsHasRun) {
    join();
    give({task_of(1), task_of(2), task_of(3)}, 3);
    (void)take_run();
    step([&](ExecuteEffects& out) { core_->started(ref_of(1), now_, out); });
    now_ += seconds(90);
    forget_effects();
    on(wire::Rehello{});
    const auto hello = take<wire::Hello>();
    ASSERT_EQ(hello.held.size(), 3U);
    ASSERT_EQ(hello.ran_s.size(), 3U);
    for (std::size_t i = 0; i < hello.held.size(); ++i) {
        EXPECT_EQ(hello.ran_s[i], hello.held[i] == ref_of(1) ? 91U : 0U)
            << "one more than the seconds; 0 has not begun";
    }
}

TEST_F(ExecuteLeave, AnswersAtOnceWhenItIsAskedForASignOfLife) {
    join();
    on(wire::Beat{.incarnation = 5, .welcome = 4'711});
    tick();
    (void)take<wire::Credit>();
    EXPECT_EQ(take<wire::Beat>().welcome, 4'711U);
    on(wire::Beat{.incarnation = 6, .welcome = 1});  // meant for another life
    tick();
    nothing_left();
}

TEST_F(ExecuteLeave, TellsOnceThatAnAdministratorDrainsItAndOnceThatItGoesOn) {
    join();
    (void)take_notices();
    on(wire::Beat{.incarnation = 5, .draining = true});
    on(wire::Beat{.incarnation = 5, .draining = true});
    EXPECT_THAT(take_notices(), ElementsAre(HasSubstr("gives this worker nothing more")));
    on(wire::Beat{.incarnation = 5});
    on(wire::Beat{.incarnation = 5});
    EXPECT_THAT(take_notices(), ElementsAre(HasSubstr("gives this worker tasks again")));
}

TEST_F(ExecuteLeave, TellsThatItWasTakenInThatTheVentilatorIsSilentAndThatItIsBack) {
    join();
    EXPECT_THAT(take_notices(), ElementsAre("the ventilator has taken this worker in"));
    give({task_of(1)}, 1);
    (void)take_run();
    for (int i = 0; i < 40; ++i) { pass(seconds(1)); }
    EXPECT_THAT(take_notices(), ElementsAre(HasSubstr("was not heard for longer than a lease")));
    forget_effects();
    welcome({ref_of(1)});
    EXPECT_THAT(take_notices(),
                ElementsAre("the ventilator is back: 1 attempts that were held are not wanted "
                            "any more"));
    EXPECT_THAT(take_stop(), ElementsAre(ref_of(1)));
    forget_effects();
}

TEST_F(ExecuteLeave, TellsOnceThatThisMachinesClockIsOff) {
    start();
    core_->clock(1'000'000);
    wire::Welcome said{1, 5, 1'000, 15'000, {}, 71};
    said.unix_ms = 1'090'000;
    on(said);
    const auto told = take_notices();
    ASSERT_EQ(told.size(), 2U);
    EXPECT_THAT(told[1], HasSubstr("clock is 90 s behind the server's"));
    on(said);
    EXPECT_THAT(take_notices(), IsEmpty());
    forget_effects();
}

}  // namespace
}  // namespace nias::core
