// Workers that fall silent, restart or disagree; late outcomes; cancels in every state.
#include "unit/core/dispatch/lab.hpp"

namespace nias::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DispatchLiveness : public DispatchLab {
protected:
    /// Longer than the lease of what has run for less than two leases.
    void lose() { pass(2 * options_.lease + seconds(1)); }
};
class DispatchFencing : public DispatchLiveness {};
class DispatchCancel : public DispatchLiveness {};

TEST_F(DispatchLiveness, TimeInWhichTheVentilatorStoodStillIsNoWorkersSilence) {
    join("w1");
    run("w1", task_of(1));
    pass(seconds(1));
    when_.now += seconds(60);  // a commit that takes long: nothing was read meanwhile
    step([&](Effects& out) { core_->tick(when_, out); });
    nothing_left();
    pass(seconds(28));
    nothing_left();
    from(peer_of("w1"), beat_of({ref_of(1, 1)}));
    (void)take<wire::Beat>(peer_of("w1"));
    pass(seconds(100));
    EXPECT_NE(take_requeued(1, 1).reason.find("was silent for "), std::string::npos) << "and silence is";
}

TEST_F(DispatchLiveness, GivesTheTasksOfALostWorkerOutAgainWithTheNextAttempt) {
    join("w1");
    run("w1", task_of(1));
    lose();
    const auto entry = take_requeued(1, 1);
    EXPECT_EQ(entry.worker, "");
    EXPECT_THAT(entry.reason, HasSubstr("attempt 1: worker w1 was silent for 30 s"));
    join(hello_of("w2", 2), 4);
    assign();
    EXPECT_EQ(take_given("w2").tasks.tasks.front().attempt, 2U);
    take_journal<JournalState>(1);
    take_event(1, EventKind::state, TaskState::assigned);
}

TEST_F(DispatchLiveness, KeepsATaskAsLongAsItsWorkerIsHeard) {
    join("w1");
    run("w1", task_of(1));
    for (int i = 0; i < 10; ++i) {
        pass(options_.lease - seconds(1));
        from(peer_of("w1"), beat_of({ref_of(1)}));
        EXPECT_EQ(take<wire::Beat>(peer_of("w1")), beat_of({ref_of(1)}));
    }
}

TEST_F(DispatchLiveness, PutsTheTasksOfALostWorkerBackInTheirOldOrder) {
    join("w1", 3);
    run("w1", task_of(1));
    run("w1", task_of(2));
    run("w1", task_of(3));
    submit({task_of(4)});
    lose();
    forget_effects();
    wire::Hello hello = hello_of("w2", 2);
    hello.slots = 10;
    join(hello, 10);
    assign();
    EXPECT_THAT(take_numbers("w2"), ElementsAre(1, 2, 3, 4));
    forget_notes();
}

TEST_F(DispatchLiveness, EndsATaskThatLostItsWorkerAsOftenAsItMay) {
    join("w1");
    run("w1", with_attempts(1, 1));
    lose();
    const auto end = take_end(1, TaskState::lost);
    EXPECT_EQ(end.attempt, 1U);
    EXPECT_EQ(end.outcome->cause, Cause::worker_lost);
    EXPECT_EQ(end.outcome->status, OutcomeStatus::could_not_run);
    EXPECT_EQ(end.outcome->worker, "w1");
    EXPECT_THAT(end.text, HasSubstr("attempt 1: worker w1 was silent"));
    EXPECT_EQ(core_->alive(), 0U);
}

TEST_F(DispatchLiveness, NamesEveryLossOfATaskThatIsGivenUp) {
    submit({task_of(1)});
    for (std::uint64_t life = 1; life <= 3; ++life) {
        forget_effects();
        join(hello_of("w1", life), 1);
        assign();
        EXPECT_EQ(take_given("w1").tasks.tasks.front().attempt, life);
        forget_effects();
        lose();
    }
    const std::string text = take_end(1, TaskState::lost).text;
    for (const char* line : {"attempt 1: ", "\nattempt 2: ", "\nattempt 3: "}) {
        EXPECT_THAT(text, HasSubstr(line));
    }
}

TEST_F(DispatchLiveness, AsksALostWorkerThatComesBackForItsHelloAndLeavesItWhatItHas) {
    join("w1");
    run("w1", task_of(1));
    lose();
    forget_effects();
    from(peer_of("w1"), beat_of({ref_of(1)}));
    take<wire::Rehello>(peer_of("w1"));
    wire::Hello hello = hello_of("w1");
    hello.held = {ref_of(1)};
    from(peer_of("w1"), hello);
    EXPECT_THAT(take<wire::Welcome>(peer_of("w1")).drop, IsEmpty()) << "nobody has begun it anew";
    forget_effects();
}

TEST_F(DispatchLiveness, WelcomesWithItsTimesAndTheNewestVersionBothSpeak) {
    options_.beat = milliseconds(300);
    options_.lease = seconds(4);
    open();
    wire::Hello hello = hello_of("w1", 5);
    hello.version_max = 1'000;
    from("p", hello);
    EXPECT_EQ(
        take<wire::Welcome>("p"),
        (wire::Welcome{wire::kProtocolVersion, 5, 300, 4'000, {}, options_.first_welcome, when_.unix_ms}));
}

TEST_F(DispatchLiveness, RefusesAHelloInWords) {
    std::vector<wire::Hello> bad(4, hello_of("w1"));
    bad[0].worker.clear();
    bad[1].worker.assign(201, 'w');
    bad[2].incarnation = 0;
    bad[3].version_min = wire::kProtocolVersion + 1;
    bad[3].version_max = wire::kProtocolVersion + 2;
    for (const auto& hello : bad) {
        from("p", hello);
        EXPECT_THAT(take<wire::Refused>("p").reason,
                    testing::AnyOf(HasSubstr("a worker needs a name"), HasSubstr("upgrade the older")));
    }
}

TEST_F(DispatchLiveness, TakesBackWithAFaultWhatARestartedWorkerNoLongerHas) {
    join("w1");
    run("w1", task_of(1));
    from("p2", hello_of("w1", 2));
    EXPECT_EQ(take_requeued(1, 2).reason, "attempt 1: worker w1 restarted");
    EXPECT_THAT(take<wire::Welcome>("p2").drop, IsEmpty());
}

TEST_F(DispatchLiveness, KeepsWhatARestartedWorkerStillHas) {
    join("w1");
    run("w1", task_of(1));
    wire::Hello hello = hello_of("w1", 2);
    hello.held = {ref_of(1)};
    from("p2", hello);
    EXPECT_THAT(take<wire::Welcome>("p2").drop, IsEmpty());
    outcomes("w1", {outcome_of(1)});
    take_end(1, TaskState::succeeded);
    take<wire::Settled>("p2");
}

TEST_F(DispatchLiveness, TakesBackWithoutAFaultWhatNeverReachedAWorker) {
    join("w1");
    submit({with_attempts(1, 1)});
    assign();
    forget_effects();
    from(peer_of("w1"), hello_of("w1"));
    EXPECT_EQ(take_requeued(1, 2).reason, "");
    take<wire::Welcome>(peer_of("w1"));
}

TEST_F(DispatchLiveness, TellsAWorkerToDropWhatIsNotItsOwn) {
    join("w1");
    join(hello_of("w2", 2), 0);
    run("w1", task_of(1));
    submit({task_of(2)});
    forget_effects();
    wire::Hello hello = hello_of("w2", 2);
    hello.held = {ref_of(1), ref_of(2), ref_of(3), ref_of(1, 5)};
    from(peer_of("w2"), hello);
    EXPECT_EQ(take<wire::Welcome>(peer_of("w2")).drop, hello.held);
}

TEST_F(DispatchLiveness, AsksForAHelloWhenTwoBeatsInARowDisagreeAndNothingIsOnItsWay) {
    join("w1");
    run("w1", task_of(1));
    from(peer_of("w1"), beat_of({}));  // the Tasks may have been on their way
    take<wire::Beat>(peer_of("w1"));
    from(peer_of("w1"), beat_of({}));
    take<wire::Rehello>(peer_of("w1"));
    EXPECT_EQ(take<wire::Beat>(peer_of("w1")), beat_of({ref_of(1)}));
}

// The lost task is with another worker, so that both agree on what is held; its place would be taken for
// ever.
TEST_F(DispatchLiveness, AsksForAHelloWhenATaskThatWasLostTookItsCreditWithIt) {
    join("w1", 1);
    submit({task_of(1)});
    assign();
    take_given("w1");
    forget_effects();
    lost_ = 1;
    from(peer_of("w1"), wire::Retracted{{ref_of(1)}});
    forget_effects();
    from(peer_of("w1"), beat_of({}));  // older than its Retracted, perhaps
    take<wire::Beat>(peer_of("w1"));
    from(peer_of("w1"), beat_of({}));
    take<wire::Rehello>(peer_of("w1"));
    take<wire::Beat>(peer_of("w1"));
    lost_ = 0;
    join("w1", 1);
    assign();
    EXPECT_THAT(take_numbers("w1"), ElementsAre(1));
    forget_notes();
}

TEST_F(DispatchLiveness, AsksForNoHelloWhileFramesOnTheirWayMayBeTheReason) {
    join("w1", 10);
    for (const unsigned n : {1U, 2U, 3U}) {
        run("w1", task_of(n));
        from(peer_of("w1"), beat_of({}));
        take<wire::Beat>(peer_of("w1"));
        nothing_left();
    }
}

TEST_F(DispatchLiveness, ForgivesABeatThatAgreesAgain) {
    join("w1");
    run("w1", task_of(1));
    for (const auto& beat : {beat_of({}), beat_of({ref_of(1)}), beat_of({}), beat_of({ref_of(1)})}) {
        from(peer_of("w1"), beat);
        take<wire::Beat>(peer_of("w1"));
    }
}

TEST_F(DispatchLiveness, RefusesTheIncarnationWhoseNameWasTakenOver) {
    join("w1");
    from("p2", hello_of("w1", 2));
    const auto welcome = take<wire::Welcome>("p2");
    from("p2", answer_to(welcome));  // the second one lives
    take<wire::Beat>("p2");
    from(peer_of("w1"), beat_of({}));
    EXPECT_THAT(take<wire::Refused>(peer_of("w1")).reason, HasSubstr("taken over"));
    from(peer_of("w1"), hello_of("w1"));
    const auto refused = take<wire::Refused>(peer_of("w1"));
    EXPECT_EQ(refused.code, wire::WorkerRefusal::name_taken);
    EXPECT_THAT(refused.reason, HasSubstr("--name of its own"));
}

TEST_F(DispatchLiveness, RefusesTheOneOfTwoLivingProcessesOfANameThatDidNotAnswerLast) {
    from("p1", hello_of("w1", 1));
    const auto first = take<wire::Welcome>("p1");
    from("p2", hello_of("w1", 2));
    const auto second = take<wire::Welcome>("p2");
    from("p1", answer_to(first));  // it takes the name back
    take<wire::Rehello>("p1");
    from("p1", hello_of("w1", 1));
    const auto third = take<wire::Welcome>("p1");
    from("p2", answer_to(second));
    take<wire::Rehello>("p2");
    from("p1", answer_to(third));
    take<wire::Beat>("p1");
    from("p2", hello_of("w1", 2));
    EXPECT_THAT(take<wire::Refused>("p2").reason, HasSubstr("another machine is connected as worker w1"));
}

TEST_F(DispatchLiveness, RefusesNoLivingProcessForTheLateFramesOfADeadOne) {
    from("old", hello_of("w1", 1));
    const auto long_ago = take<wire::Welcome>("old");
    join(hello_of("w1", 2), 4);
    from("old", hello_of("w1", 1));  // all of it was on its way when the process died
    take<wire::Welcome>("old");
    from("old", answer_to(long_ago));
    take<wire::Beat>("old");
    from("old", wire::Credit{1, 7, 7});
    from(peer_of("w1"), beat_of({}, false, 2));
    take<wire::Rehello>(peer_of("w1"));
    from(peer_of("w1"), hello_of("w1", 2));
    const auto now = take<wire::Welcome>(peer_of("w1"));
    from(peer_of("w1"), answer_to(now));
    take<wire::Beat>(peer_of("w1"));
    from("old", beat_of({}));  // by now it is known which of them lives
    EXPECT_THAT(take<wire::Refused>("old").reason, HasSubstr("taken over"));
}

TEST_F(DispatchLiveness, TakesBackTheTasksOfAConnectionThatComesUnderAnotherName) {
    join("w1");
    run("w1", task_of(1));
    from(peer_of("w1"), hello_of("w9", 9));
    EXPECT_THAT(take_requeued(1, 2).reason, HasSubstr("came back under another name"));
    take<wire::Welcome>(peer_of("w1"));
}

TEST_F(DispatchFencing, LateOutcomeOfAFencedAttemptChangesNothing) {
    join("w1");
    run("w1", task_of(1));
    lose();
    forget_effects();
    join(hello_of("w2", 2), 4);
    assign();
    from(peer_of("w2"), wire::Started{{ref_of(1, 2)}});  // a later attempt has begun
    forget_effects();
    from(peer_of("w1"), hello_of("w1"));
    take<wire::Welcome>(peer_of("w1"));
    outcomes("w1", {outcome_of(1, 1, OutcomeStatus::failed)});
    EXPECT_THAT(take<wire::Settled>(peer_of("w1")).attempts, ElementsAre(ref_of(1))) << "it may forget it";
    EXPECT_EQ(core_->fenced(), 1U);
    outcomes("w2", {outcome_of(1, 2)});
    take_end(1, TaskState::succeeded);
    take<wire::Settled>(peer_of("w2"));
}

TEST_F(DispatchFencing, OutcomeOfALostAttemptIsTakenWhileTheTaskWaits) {
    join("w1");
    run("w1", task_of(1));
    lose();
    forget_effects();
    outcomes("w1", {outcome_of(1, 2), outcome_of(1)});  // the first was never given out
    EXPECT_EQ(core_->fenced(), 1U);
    EXPECT_EQ(take_end(1, TaskState::succeeded).attempt, 1U) << "the work was done";
    EXPECT_EQ(core_->queued(), 0U);
}

TEST_F(DispatchFencing, OutcomeOfAWorkerThatDoesNotHaveTheTaskChangesNothing) {
    join("w1");
    join(hello_of("w2", 2), 0);
    run("w1", task_of(1));
    outcomes("w2", {outcome_of(1)});
    take<wire::Settled>(peer_of("w2"));
    outcomes("stranger", {outcome_of(1)});
    EXPECT_EQ(core_->fenced(), 2U);
}

TEST_F(DispatchFencing, RepeatedOutcomeIsSettledAgainAndChangesNothing) {
    join("w1");
    run("w1", task_of(1));
    outcomes("w1", {outcome_of(1), outcome_of(1, 1, OutcomeStatus::failed)});
    take_end(1, TaskState::succeeded);
    EXPECT_THAT(take<wire::Settled>(peer_of("w1")).attempts, ElementsAre(ref_of(1), ref_of(1)));
    outcomes("w1", {outcome_of(1, 1, OutcomeStatus::failed)});
    EXPECT_THAT(take<wire::Settled>(peer_of("w1")).attempts, ElementsAre(ref_of(1)));
    EXPECT_EQ(core_->fenced(), 2U);
}

TEST_F(DispatchFencing, OutcomeOfAnUnknownTaskIsSettledSoThatItsWorkerForgetsIt) {
    join("w1");
    outcomes("w1", {outcome_of(8)});
    EXPECT_THAT(take<wire::Settled>(peer_of("w1")).attempts, ElementsAre(ref_of(8)));
}

TEST_F(DispatchCancel, EndsAQueuedTaskAtOnce) {
    submit({task_of(1)});
    forget_effects();
    cancel(1);
    const auto end = take_end(1, TaskState::cancelled);
    EXPECT_EQ(end.text, "cancelled before it began");
    EXPECT_EQ(end.outcome->cause, Cause::request);
    EXPECT_EQ(core_->queued(), 0U);
}

TEST_F(DispatchCancel, AsksTheWorkerOnceAndEndsWithItsOutcome) {
    join("w1");
    run("w1", task_of(1));
    cancel(1);
    EXPECT_THAT(take<wire::Drop>(peer_of("w1")).attempts, ElementsAre(ref_of(1)));
    cancel(1);
    outcomes("w1", {outcome_of(1, 1, OutcomeStatus::cancelled)});
    take_end(1, TaskState::cancelled);
    take<wire::Settled>(peer_of("w1"));
}

TEST_F(DispatchCancel, AsksTheWorkerOfAnAssignedTask) {
    join("w1");
    submit({task_of(1)});
    assign();
    forget_effects();
    cancel(1);
    EXPECT_THAT(take<wire::Drop>(peer_of("w1")).attempts, ElementsAre(ref_of(1)));
}

TEST_F(DispatchCancel, AsksAgainWithEveryBeatAndHelloUntilTheAttemptHasEnded) {
    join("w1");
    run("w1", task_of(1));
    cancel(1);
    take<wire::Drop>(peer_of("w1"));
    from(peer_of("w1"), beat_of({ref_of(1)}));
    take<wire::Beat>(peer_of("w1"));
    EXPECT_THAT(take<wire::Drop>(peer_of("w1")).attempts, ElementsAre(ref_of(1)));
    wire::Hello hello = hello_of("w1");
    hello.held = {ref_of(1)};
    from(peer_of("w1"), hello);
    take<wire::Welcome>(peer_of("w1"));
    EXPECT_THAT(take<wire::Drop>(peer_of("w1")).attempts, ElementsAre(ref_of(1)));
    outcomes("w1", {outcome_of(1, 1, OutcomeStatus::cancelled)});
    forget_effects();
    from(peer_of("w1"), beat_of({}));
    take<wire::Beat>(peer_of("w1"));
}

TEST_F(DispatchCancel, KeepsTheOutcomeOfAProgramThatWasFaster) {
    join("w1");
    run("w1", task_of(1));
    cancel(1);
    take<wire::Drop>(peer_of("w1"));
    outcomes("w1", {outcome_of(1)});
    take_end(1, TaskState::succeeded);
    take<wire::Settled>(peer_of("w1"));
}

TEST_F(DispatchCancel, EndsATaskThatComesBackInsteadOfGivingItOutAgain) {
    join("w1", 10);
    for (const unsigned n : {1U, 2U, 3U}) {
        run("w1", task_of(n));
        cancel(n);
        take<wire::Drop>(peer_of("w1"));
    }
    from(peer_of("w1"), wire::Declined{ref_of(1), "no space"});
    EXPECT_EQ(take_end(1, TaskState::cancelled).text, "cancelled; worker w1 declined it: no space");
    outcomes("w1", {outcome_of(2, 1, OutcomeStatus::could_not_run)});
    EXPECT_EQ(take_end(2, TaskState::cancelled).outcome->status, OutcomeStatus::cancelled);
    take<wire::Settled>(peer_of("w1"));
    lose();
    EXPECT_THAT(take_end(3, TaskState::cancelled).text, HasSubstr("cancelled; worker w1 was silent"));
    EXPECT_EQ(core_->alive(), 0U);
}

TEST_F(DispatchCancel, ChangesNothingOfAnEndedOrUnknownTask) {
    join("w1");
    run("w1", task_of(1));
    outcomes("w1", {outcome_of(1)});
    forget_effects();
    cancel(1);
    cancel(2);
}

}  // namespace
}  // namespace nias::core
