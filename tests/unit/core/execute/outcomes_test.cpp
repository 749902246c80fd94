// The life of outcomes: kept, reported, repeated until settled; and how a worker drains.
#include "core/execute/state.hpp"
#include "unit/core/execute/lab.hpp"

namespace nias::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class ExecuteOutcomes : public ExecuteLab {};
class ExecuteDrain : public ExecuteLab {};
class ExecuteRetract : public ExecuteLab {};

TEST_F(ExecuteOutcomes, AreKeptReportedAndRepeatedUntilTheyAreSettled) {
    join();
    give({task_of(1)}, 1);
    take_run();
    finish(outcome_of(1));
    Outcome kept = outcome_of(1);
    kept.worker = "w1";
    EXPECT_THAT(take_keep(), ElementsAre(kept));
    tick();
    EXPECT_THAT(take_report(), ElementsAre(outcome_of(1)));
    take<wire::Credit>();
    tick();
    nothing_left();
    for (int repeat = 0; repeat < 3; ++repeat) {
        pass(options_.repeat_outcomes);
        EXPECT_THAT(take_report(), ElementsAre(outcome_of(1)));
        take<wire::Credit>();
        expect_beat({ref_of(1)});
    }
    on(wire::Settled{{ref_of(1), ref_of(7)}});
    EXPECT_THAT(take_forget(), ElementsAre(ref_of(1)));
    EXPECT_EQ(core_->unsettled(), 0U);
    on(wire::Settled{{ref_of(1)}});
    pass(options_.repeat_outcomes);
    take<wire::Credit>();
    expect_beat({});
}

TEST_F(ExecuteOutcomes, OfARunningAttemptAreNotSettledBeforeTheyExist) {
    join();
    give({task_of(1)}, 1);
    take_run();
    on(wire::Settled{{ref_of(1)}});
    EXPECT_EQ(core_->held(), 1U);
    finish(outcome_of(1));
    EXPECT_THAT(take_keep(), SizeIs(1));
}

TEST_F(ExecuteOutcomes, AreNotKeptWithoutAnOutbox) {
    options_.keeps_outcomes = false;
    join();
    give({task_of(1)}, 1);
    take_run();
    finish(outcome_of(1));
    tick();
    EXPECT_THAT(take_report(), ElementsAre(outcome_of(1)));
    take<wire::Credit>();
    on(wire::Settled{{ref_of(1)}});
}

TEST_F(ExecuteOutcomes, OfAnotherLifeAreNamedAndReported) {
    make();
    Outcome old = outcome_of(1);
    old.worker = "w1";
    core_->restore({old, old, outcome_of(2, 3)});
    EXPECT_EQ(core_->unsettled(), 2U);
    step([&](ExecuteEffects& out) { core_->start(now_, out); });
    EXPECT_THAT(take<wire::Hello>().held, UnorderedElementsAre(ref_of(1), ref_of(2, 3)));
    tick();
    EXPECT_THAT(take_report(), ElementsAre(outcome_of(1), outcome_of(2, 3)));
    welcome({ref_of(1)});
    EXPECT_THAT(take_forget(), ElementsAre(ref_of(1)));
    on(wire::Settled{{ref_of(2, 3)}});
    EXPECT_THAT(take_forget(), ElementsAre(ref_of(2, 3)));
    EXPECT_EQ(core_->unsettled(), 0U);
}

TEST_F(ExecuteOutcomes, SettledBeforeTheirFirstReportAreNotReported) {
    make();
    core_->restore({outcome_of(1)});
    step([&](ExecuteEffects& out) { core_->start(now_, out); });
    take<wire::Hello>();
    welcome({ref_of(1)});
    take_forget();
    tick();
    take<wire::Credit>();
    expect_beat({});
}

TEST_F(ExecuteOutcomes, OfAnAttemptThatCameTwiceBeforeAReportAreReportedOnce) {
    join();
    for (std::uint64_t total = 1; total <= 2; ++total) {
        give({task_of(1)}, total);
        finish(outcome_of(1));
        if (total == 1) { on(wire::Settled{{ref_of(1)}}); }
    }
    forget_effects();
    tick();
    EXPECT_THAT(take_report(), ElementsAre(outcome_of(1)));
    take<wire::Credit>();
}

TEST_F(ExecuteOutcomes, StopTheCreditWhenNobodySettlesThem) {
    options_.slots = options_.window = 1;
    join();
    for (unsigned n = 1; n <= 8; ++n) {
        give({task_of(n)}, n);
        finish(outcome_of(n));
        forget_effects();
        tick();
        if (n < 8) { EXPECT_EQ(take<wire::Credit>().total, n + 1); }
        take_report();
    }
    pass(seconds(1));
    EXPECT_EQ(take<wire::Credit>().total, 8U) << "eight times the window waits for the sink";
    forget_effects();
    on(wire::Settled{{ref_of(1)}});
    take_forget();
    tick();
    EXPECT_EQ(take<wire::Credit>().total, 9U);
}

TEST_F(ExecuteOutcomes, StopTheCreditWhenTheyAreHeavy) {
    options_.slots = options_.window = 1'024;
    make();
    std::vector<Outcome> heavy;
    std::vector<AttemptRef> settled;
    for (unsigned n = 0; n < kUnsettledBytesMax / kInlineMax; ++n) {
        Outcome& outcome = heavy.emplace_back(outcome_of(n));
        outcome.id.bytes[0] = static_cast<std::uint8_t>(1 + n / 256);
        outcome.output.resize(kInlineMax);
        settled.push_back({outcome.id, outcome.attempt});
    }
    core_->restore(heavy);
    step([&](ExecuteEffects& out) { core_->start(now_, out); });
    take<wire::Hello>();
    welcome();
    tick();
    EXPECT_EQ(take<wire::Credit>().total, 0U);
    forget_effects();
    on(wire::Settled{settled});
    tick();
    EXPECT_EQ(take<wire::Credit>().total, 1'024U);
    forget_effects();
}

TEST_F(ExecuteOutcomes, AreReportedInBatchesThatAFrameHolds) {
    make();
    std::vector<Outcome> heavy;
    for (unsigned n = 0; n < 40; ++n) {
        heavy.push_back(outcome_of(n));
        heavy.back().output.resize(kInlineMax);
    }
    core_->restore(heavy);
    step([&](ExecuteEffects& out) { core_->start(now_, out); });
    forget_effects();
    tick();
    std::size_t total = 0;
    for (int batch = 0; batch < 3; ++batch) { total += take_report().size(); }
    EXPECT_EQ(total, 40U);
    pass(options_.repeat_outcomes);
    take<wire::Hello>();
    EXPECT_THAT(take_report(), SizeIs(testing::Lt(20U))) << "one batch a tick: a slow sink is not flooded";
}

TEST_F(ExecuteOutcomes, OfAttemptsThatDoNotRunHereAreNotTaken) {
    join();
    finish(outcome_of(1));
    give({task_of(1)}, 1);
    take_run();
    finish(outcome_of(1, 2));
    finish(outcome_of(1));
    finish(outcome_of(1, 1, OutcomeStatus::failed));  // it has ended
    EXPECT_THAT(take_keep(), SizeIs(1));
    EXPECT_EQ(core_->unsettled(), 1U);
}

TEST_F(ExecuteOutcomes, OfADroppedTaskThatWaitsIsCancelled) {
    join();
    give({task_of(1), task_of(2), task_of(3)}, 3);
    take_run();
    on(wire::Drop{{ref_of(3)}});
    const auto kept = take_keep();
    ASSERT_THAT(kept, SizeIs(1));
    EXPECT_EQ(kept[0].id, id_of(3));
    EXPECT_EQ(kept[0].status, OutcomeStatus::cancelled);
    EXPECT_EQ(kept[0].cause, Cause::request);
    EXPECT_EQ(core_->held(), 2U);
}

TEST_F(ExecuteOutcomes, OfADroppedTaskThatRunsComesThroughItsStop) {
    join();
    give({task_of(1)}, 1);
    take_run();
    on(wire::Drop{{ref_of(1), ref_of(9)}});
    EXPECT_THAT(take_stop(), ElementsAre(ref_of(1)));
    on(wire::Drop{{ref_of(1)}});  // asked again with each beat
    nothing_left();
    finish(outcome_of(1, 1, OutcomeStatus::cancelled));
    EXPECT_THAT(take_keep(), SizeIs(1));
    on(wire::Drop{{ref_of(1)}});
}

TEST_F(ExecuteRetract, GivesBackWhatWaitsAndGrantsCreditForItsPlace) {
    join();
    give({task_of(1), task_of(2), task_of(3), task_of(4)}, 4);
    take_run();
    on(wire::Retract{{ref_of(3), ref_of(4)}});
    EXPECT_EQ(take<wire::Retracted>(), (wire::Retracted{{ref_of(3), ref_of(4)}}));
    EXPECT_EQ(core_->held(), 2U);
    tick();
    EXPECT_EQ(take<wire::Credit>().total, 6U);
    finish(outcome_of(1));
    EXPECT_THAT(take_run(), IsEmpty()) << "what was given back never begins";
    forget_effects();
}

TEST_F(ExecuteRetract, AsksItsShellForWhatItHandedOver) {
    options_.ahead = 2;
    join();
    give({task_of(1), task_of(2), task_of(3), task_of(4)}, 4);
    EXPECT_THAT(take_run(), SizeIs(4));
    on(wire::Retract{{ref_of(2), ref_of(4)}});
    EXPECT_THAT(take_recall(), ElementsAre(ref_of(2), ref_of(4)));
    recalled({ref_of(4)}, {ref_of(2)});
    EXPECT_EQ(take<wire::Retracted>(), (wire::Retracted{{ref_of(4)}}));
    EXPECT_EQ(core_->held(), 3U);
    tick();
    EXPECT_EQ(take<wire::Started>(), (wire::Started{{ref_of(2)}})) << "that it has begun is the answer";
    forget_effects();
}

TEST_F(ExecuteRetract, SaysHelloAgainWhereItsMachineOffersOtherRuntimesAndKeepsWhatItHolds) {
    join();
    give({task_of(1)}, 1);
    take_run();
    step([&](ExecuteEffects& out) { core_->offer({"python", "python:eeg"}, now_, out); });
    const auto hello = take<wire::Hello>();
    EXPECT_THAT(hello.runtimes, ElementsAre("python", "python:eeg"));
    EXPECT_THAT(hello.held, ElementsAre(ref_of(1)));
    welcome();
    EXPECT_EQ(core_->held(), 1U);
    forget_effects();
    finish(outcome_of(1));
    forget_effects();
}

TEST_F(ExecuteRetract, SaysOnceMoreThatWhatIsNotHereIsNotHere) {
    join();
    on(wire::Retract{{ref_of(8)}});
    EXPECT_EQ(take<wire::Retracted>(), (wire::Retracted{{ref_of(8)}}));
}

TEST_F(ExecuteRetract, LeavesWhatHasEndedToItsOutcome) {
    join();
    give({task_of(1)}, 1);
    take_run();
    finish(outcome_of(1));
    forget_effects();
    on(wire::Retract{{ref_of(1)}});
    recalled({ref_of(1)}, {ref_of(1)});
    EXPECT_EQ(core_->unsettled(), 1U);
    forget_effects();
}

TEST_F(ExecuteRetract, LeavesWhatIsBeingStoppedToItsOutcome) {
    join();
    give({task_of(1)}, 1);
    take_run();
    on(wire::Drop{{ref_of(1)}});
    take_stop();
    on(wire::Retract{{ref_of(1)}});
}

TEST_F(ExecuteDrain, DeclinesWhatHasNotBegunAndLetsTheRestFinish) {
    join();
    give({task_of(1), task_of(2), task_of(3)}, 3);
    take_run();
    drain({ref_of(2), ref_of(9)});
    EXPECT_EQ(take<wire::Declined>(), (wire::Declined{ref_of(2), "the worker is draining"}));
    EXPECT_EQ(take<wire::Declined>().attempt, ref_of(3));
    EXPECT_EQ(core_->held(), 1U);
    EXPECT_FALSE(core_->drained());
    drain();  // once is enough
    tick();
    EXPECT_EQ(take<wire::Credit>().total, 4U) << "no more credit";
    expect_beat({ref_of(1)}, true);
    finish(outcome_of(1));
    EXPECT_THAT(take_keep(), SizeIs(1));
    EXPECT_FALSE(core_->drained()) << "its outcome is not settled";
    tick();
    take_report();
    on(wire::Settled{{ref_of(1)}});
    take_forget();
    EXPECT_TRUE(core_->drained());
}

TEST_F(ExecuteOutcomes, OfWhatTheWholeLabLacksGiveTheTaskBackForALaterTime) {
    join();
    give({task_of(1), task_of(2)}, 2);
    take_run();
    Outcome away = outcome_of(1, 1, OutcomeStatus::could_not_run);
    away.error = "the package index is away";
    away.retry_after_s = 60;
    finish(away);
    EXPECT_EQ(take<wire::Declined>(), (wire::Declined{ref_of(1), "the package index is away", 60}));
    EXPECT_EQ(core_->held(), 1U) << "its slot is free";
    on(wire::Drop{{ref_of(2)}});
    take_stop();
    away.id = id_of(2);
    finish(away);
    EXPECT_THAT(take_keep(), SizeIs(1)) << "its end was asked for, and is told";
    forget_effects();
}

class ExecuteRest : public ExecuteLab {
protected:
    void rest(const std::string& reason, const std::vector<AttemptRef>& recalled = {}) {
        step([&](ExecuteEffects& out) { core_->rest(reason, recalled, out); });
    }
    static Outcome not_run(unsigned n) {
        Outcome outcome = outcome_of(n);
        outcome.status = OutcomeStatus::could_not_run;
        return outcome;
    }
};

TEST_F(ExecuteRest, DeclinesWhatHasNotBegunAndWhatComes) {
    join();
    give({task_of(1), task_of(2), task_of(3)}, 3);
    take_run();
    rest("no room", {ref_of(2)});
    EXPECT_EQ(take<wire::Declined>(), (wire::Declined{ref_of(2), "no room"}));
    EXPECT_EQ(take<wire::Declined>(), (wire::Declined{ref_of(3), "no room"}));
    EXPECT_EQ(core_->held(), 1U);
    give({task_of(4)}, 4);
    EXPECT_EQ(take<wire::Declined>(), (wire::Declined{ref_of(4), "no room"}));
    rest("no room at all");  // the words may change; what runs goes on
    finish(outcome_of(1));
    EXPECT_THAT(take_keep(), SizeIs(1));
    forget_effects();
}

TEST_F(ExecuteRest, AsksForNoTasksUntilItCanRunThem) {
    join();
    rest("no room");
    pass(seconds(1));
    expect_beat({});
    give({task_of(1)}, 1);
    take<wire::Declined>();
    pass(seconds(1));
    expect_beat({});
    rest("");
    tick();
    EXPECT_EQ(take<wire::Credit>().total, 5U);
    give({task_of(2)}, 2);
    EXPECT_THAT(take_run(), ElementsAre(2));
}

TEST_F(ExecuteRest, GivesBackWhatCouldNotBeRunMeanwhileAndKeepsEveryOtherEnd) {
    join();
    give({task_of(1), task_of(2)}, 2);
    take_run();
    rest("no room");
    finish(not_run(1));
    EXPECT_EQ(take<wire::Declined>(), (wire::Declined{ref_of(1), "no room"}));
    EXPECT_THAT(take_keep(), testing::IsEmpty());
    finish(outcome_of(2));
    EXPECT_THAT(take_keep(), SizeIs(1));
    forget_effects();
}

TEST_F(ExecuteRest, CountsWhatCouldNotBeRunOtherwise) {
    join();
    give({task_of(1), task_of(2)}, 2);
    take_run();
    finish(not_run(1));
    EXPECT_THAT(take_keep(), SizeIs(1));
    on(wire::Drop{{ref_of(2)}});
    take_stop();
    rest("no room");
    finish(not_run(2));  // somebody waits for the end of what was stopped
    EXPECT_THAT(take_keep(), SizeIs(1));
    forget_effects();
}

TEST_F(ExecuteDrain, DeclinesWhatWasOnItsWay) {
    join();
    drain();
    give({task_of(1)}, 1);
    EXPECT_EQ(take<wire::Declined>().attempt, ref_of(1));
    EXPECT_EQ(core_->held(), 0U);
    EXPECT_TRUE(core_->drained());
}

TEST_F(ExecuteDrain, ForgetsARecalledAttemptThatNobodyWanted) {
    join();
    give({task_of(1)}, 1);
    take_run();
    on(wire::Rehello{});
    forget_effects();
    welcome({ref_of(1)});
    take_stop();
    drain({ref_of(1)});
    EXPECT_TRUE(core_->drained());
}

}  // namespace
}  // namespace nias::core
