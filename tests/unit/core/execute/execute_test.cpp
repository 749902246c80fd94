// The worker's brain: credit, slots, agreement with the ventilator.
#include "unit/core/execute/lab.hpp"

namespace nias::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class ExecuteTest : public ExecuteLab {};

TEST_F(ExecuteTest, SaysWhoItIs) {
    const wire::Hello hello = start();
    EXPECT_EQ(hello.worker, "w1");
    EXPECT_EQ(hello.incarnation, 5U);
    EXPECT_EQ(hello.slots, 2U);
    EXPECT_THAT(hello.runtimes, ElementsAre("python"));
}

TEST_F(ExecuteTest, RepeatsItsHelloUntilItIsWelcome) {
    start();
    tick();
    nothing_left();
    pass(options_.repeat_hello);
    take<wire::Hello>();
    pass(options_.repeat_hello);
    take<wire::Hello>();
    on(wire::Welcome{1, 99, 1'000, 15'000, {}, 7});  // a Welcome of another life
    pass(options_.repeat_hello);
    take<wire::Hello>();
    welcome();
    pass(options_.repeat_hello);
    take<wire::Credit>();
    take<wire::Beat>();
}

TEST_F(ExecuteTest, RepeatsTheHelloOfItsStartSoonAndThenTwiceAsLateEachTime) {
    start();
    std::vector<int> at;
    for (int ms = 0; ms < 3'500;) {
        const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(core_->patience(now_));
        ASSERT_GT(patience.count(), 0);
        ASSERT_LE(patience.count(), 100);
        ms += static_cast<int>(patience.count());
        pass(patience);
        if (!says_anything()) { continue; }
        take<wire::Hello>();
        at.push_back(ms);
    }
    EXPECT_THAT(at, ElementsAre(10, 30, 70, 150, 310, 630, 1'270, 2'270, 3'270));
}

TEST_F(ExecuteTest, RepeatsALaterHelloAfterItsOptionAlone) {
    join();
    EXPECT_EQ(core_->patience(now_), std::chrono::milliseconds(100));
    on(wire::Rehello{});
    take<wire::Hello>();
    pass(options_.repeat_hello - std::chrono::milliseconds(1));
    nothing_left();
    EXPECT_EQ(core_->patience(now_), std::chrono::milliseconds(1));
    pass(std::chrono::milliseconds(1));
    take<wire::Hello>();
}

TEST_F(ExecuteTest, RunsWhatItsSlotsTakeAndKeepsTheRestWaiting) {
    join();
    give({task_of(1), task_of(2), task_of(3)}, 3);
    EXPECT_THAT(take_run(), ElementsAre(1, 2));
    EXPECT_EQ(core_->held(), 3U);
    finish(outcome_of(1));
    EXPECT_THAT(take_run(), ElementsAre(3));
    EXPECT_THAT(take_keep(), SizeIs(1));
    forget_effects();
}

TEST_F(ExecuteTest, HandsOverAsManyAheadAsItWasToldTo) {
    options_.ahead = 1;
    join();
    give({task_of(1), task_of(2), task_of(3), task_of(4)}, 4);
    EXPECT_THAT(take_run(), ElementsAre(1, 2, 3));
}

TEST_F(ExecuteTest, GrantsWhatHasBecomeFreeInItsWindow) {
    join();
    give({task_of(1), task_of(2), task_of(3), task_of(4)}, 4);
    take_run();
    tick();
    nothing_left();
    finish(outcome_of(1));
    forget_effects();
    tick();
    EXPECT_EQ(take<wire::Credit>(), (wire::Credit{5, 2, 5}));
    take_report();
}

TEST_F(ExecuteTest, RepeatsItsCreditWithEveryBeat) {
    join();
    pass(seconds(1));
    EXPECT_EQ(take<wire::Credit>(), (wire::Credit{5, 2, 4}));
    expect_beat({});
}

TEST_F(ExecuteTest, TellsThatProgramsRun) {
    join();
    give({task_of(1)}, 1);
    take_run();
    step([&](ExecuteEffects& out) {
        core_->started(ref_of(1), now_, out);
        core_->started(ref_of(9), now_, out);  // never heard of
    });
    tick();
    EXPECT_THAT(take<wire::Started>().attempts, ElementsAre(ref_of(1)));
}

TEST_F(ExecuteTest, BeatsWithWhatItHolds) {
    join();
    give({task_of(1), task_of(2), task_of(3)}, 3);
    take_run();
    pass(seconds(1));
    take<wire::Credit>();
    EXPECT_EQ(expect_beat({ref_of(1), ref_of(2), ref_of(3)}), 3U);
}

TEST_F(ExecuteTest, CountsInItsBeatsWhatReachedItSinceItsLastHello) {
    join();
    give({task_of(1), task_of(2)}, 2);
    take_run();
    pass(seconds(1));
    take<wire::Credit>();
    EXPECT_EQ(expect_beat({ref_of(1), ref_of(2)}), 2U);
    on(wire::Rehello{});
    take<wire::Hello>();
    welcome();
    tick();
    take<wire::Credit>();
    EXPECT_EQ(expect_beat({ref_of(1), ref_of(2)}), 0U);
}

TEST_F(ExecuteTest, RunsNoAttemptTwice) {
    join();
    give({task_of(1), task_of(1)}, 2);
    EXPECT_THAT(take_run(), ElementsAre(1));
    give({task_of(1)}, 3);
    EXPECT_EQ(core_->held(), 1U);
}

TEST_F(ExecuteTest, RunsTwoAttemptsOfOneTaskAsTwo) {
    join();
    give({task_of(1), task_of(1, "ana", 2)}, 2);
    EXPECT_THAT(take_run(), ElementsAre(1, 1));
}

TEST_F(ExecuteTest, SaysHelloAgainAfterADoubledFrame) {
    join();
    give({task_of(1)}, 1);
    EXPECT_THAT(take_run(), ElementsAre(1));
    give({task_of(1)}, 1);
    EXPECT_THAT(take<wire::Hello>().held, ElementsAre(ref_of(1)));
    give({task_of(2)}, 2);  // on its way before that Hello was read: it is given out again
    welcome();
    tick();
    EXPECT_EQ(take<wire::Credit>().total, 3U) << "a Hello takes all credit back";
    expect_beat({ref_of(1)});
}

TEST_F(ExecuteTest, RunsWhatCameAndSaysHelloAfterAFrameWasLost) {
    join();
    give({task_of(2)}, 2);
    EXPECT_THAT(take_run(), ElementsAre(2));
    EXPECT_THAT(take<wire::Hello>().held, ElementsAre(ref_of(2)));
}

TEST_F(ExecuteTest, TakesNothingThatItDidNotGrant) {
    join();
    give({task_of(1), task_of(2), task_of(3), task_of(4), task_of(5)}, 5);
    EXPECT_THAT(take<wire::Hello>().held, IsEmpty());
    EXPECT_EQ(core_->held(), 0U);
}

TEST_F(ExecuteTest, TakesNothingMeantForAnotherLife) {
    join();
    on(wire::Tasks{4, 1, {task_of(1)}});
    EXPECT_EQ(core_->held(), 0U);
}

TEST_F(ExecuteTest, NamesWhatItHoldsWhenTheVentilatorDoesNotKnowIt) {
    join();
    give({task_of(1), task_of(2), task_of(3)}, 3);
    take_run();
    finish(outcome_of(1));
    forget_effects();
    on(wire::Rehello{});
    EXPECT_THAT(take<wire::Hello>().held, UnorderedElementsAre(ref_of(1), ref_of(2), ref_of(3)));
    on(wire::Rehello{});  // asked already
    nothing_left();
    tick();
    take_report();
}

TEST_F(ExecuteTest, StopsAndForgetsWhatAWelcomeDrops) {
    join();
    give({task_of(1), task_of(2), task_of(3), task_of(4)}, 4);
    take_run();
    finish(outcome_of(1));
    take_keep();
    take_run();
    on(wire::Rehello{});
    forget_effects();
    welcome({ref_of(1), ref_of(2), ref_of(4), ref_of(9)});
    EXPECT_THAT(take_forget(), ElementsAre(ref_of(1)));
    EXPECT_THAT(take_stop(), ElementsAre(ref_of(2)));
    EXPECT_EQ(core_->held(), 2U) << "the second still has its slot";
    EXPECT_EQ(core_->unsettled(), 0U);
    tick();
    EXPECT_EQ(take<wire::Credit>().total, 2U);
    expect_beat({ref_of(3)});
    finish(outcome_of(2, 1, OutcomeStatus::cancelled));  // nobody wants it
    EXPECT_EQ(core_->held(), 1U);
}

TEST_F(ExecuteTest, SaysHelloWhenTheVentilatorHasBeenSilentForALease) {
    join();
    now_ += seconds(16);
    tick();
    take<wire::Hello>();
    welcome();
    tick();
    take<wire::Credit>();
    take<wire::Beat>();
}

TEST_F(ExecuteTest, HearsTheVentilatorInItsBeats) {
    join();
    for (int i = 0; i < 40; ++i) {
        now_ += seconds(1);
        on(wire::Beat{5, 0, 0, false});
        tick();
        take<wire::Credit>();
        take<wire::Beat>();
    }
}

TEST_F(ExecuteTest, StopsWhatRunsAndAsksForNothingWhenItIsRefused) {
    join();
    give({task_of(1), task_of(2), task_of(3)}, 3);
    take_run();
    finish(outcome_of(1));
    forget_effects();
    on(wire::Refused{"another has your name"});
    EXPECT_EQ(core_->refusal(), "another has your name");
    EXPECT_THAT(take_stop(), UnorderedElementsAre(ref_of(2), ref_of(3)));
    EXPECT_EQ(core_->unsettled(), 1U) << "what was earned is offered again at the next start";
    welcome();
    give({task_of(9)}, 4);
    on(wire::Rehello{});
    pass(seconds(60));
    take_report();
    EXPECT_EQ(core_->held(), 2U);
    finish(outcome_of(2));
    finish(outcome_of(3));
    drain();
    EXPECT_TRUE(core_->drained());
}

TEST_F(ExecuteTest, SaysSomethingEvenWhenARefusalHasNoWords) {
    join();
    on(wire::Refused{});
    EXPECT_NE(core_->refusal(), "");
}

TEST_F(ExecuteTest, ClampsItsOptionsToWhatAHelloCanName) {
    options_.slots = 0;
    options_.window = ~0U;
    options_.ahead = ~0U;
    EXPECT_EQ(start().slots, 1U);
    welcome();
    tick();
    EXPECT_LE(3 * take<wire::Credit>().total, wire::kHeldMax);
    take<wire::Beat>();
}

}  // namespace
}  // namespace nias::core
