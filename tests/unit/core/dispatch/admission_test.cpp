// Decides who may be the worker of a name: a process that says goodbye, a second machine with the same key, a
// key that is revoked. None of them uses up an attempt of what ran there.
#include "unit/core/dispatch/lab.hpp"

namespace nias::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DispatchAdmission : public DispatchLab {
protected:
    /// The one row of this worker in the roll, with those that are gone or were refused.
    wire::WorkerRow row_of(const std::string& worker, wire::WorkerState state) {
        from("admin", wire::QueryWorkers{true});
        wire::WorkerRow found;
        int count = 0;
        for (const wire::WorkerRow& row : take<wire::Workers>("admin").workers) {
            if (row.name != worker || row.state != state) { continue; }
            found = row;
            ++count;
        }
        EXPECT_EQ(count, 1) << "rows of " << worker << " in this state";
        return found;
    }
    std::size_t connected() {
        from("admin", wire::QueryWorkers{});
        return take<wire::Workers>("admin").workers.size();
    }
    static wire::Hello clone_of(const std::string& worker) {
        wire::Hello hello = hello_of(worker, 9);
        hello.home = "home of its copy";
        hello.host = "copy";
        return hello;
    }
    /// The first one's Beat in which it repeats the number that it was asked for.
    void answer(const std::string& worker, const wire::Beat& asked) {
        wire::Beat beat = beat_of({});
        beat.welcome = asked.welcome;
        from(peer_of(worker), beat);
    }
    wire::WorkerEvent last_change() {
        const auto changes = take_changes();
        return changes.empty() ? wire::WorkerEvent{} : changes.back();
    }
};
class DispatchGoodbye : public DispatchAdmission {};
class DispatchContest : public DispatchAdmission {};
class DispatchRevoke : public DispatchAdmission {};

TEST_F(DispatchGoodbye, OfAWorkerEndsItAtOnceAndIsAnswered) {
    join("w1");
    take_changes();
    from(peer_of("w1"), wire::Goodbye{1, {}, "it was stopped"});
    EXPECT_EQ(take<wire::Goodbye>(peer_of("w1")), (wire::Goodbye{1, {}, {}}));
    EXPECT_EQ(connected(), 0U);
    EXPECT_EQ(row_of("w1", wire::WorkerState::stopped).reason, "it was stopped");
    EXPECT_EQ(row_of("w1", wire::WorkerState::stopped).since_unix_ms, when_.unix_ms);
    EXPECT_EQ(last_change().change, wire::WorkerChange::stopped);
    submit({task_of(1)});
    assign();
    forget_notes();
    nothing_left();  // it is handed nothing
}

TEST_F(DispatchGoodbye, GivesBackWhatRanThereAndUsesUpNoAttempt) {
    join("w1");
    run("w1", with_attempts(1, 1));
    from(peer_of("w1"), wire::Goodbye{1, {}, "it was stopped"});
    EXPECT_EQ(take_requeued(1, 2).reason, "") << "no line is counted";
    take<wire::Goodbye>(peer_of("w1"));
    join(hello_of("w2", 2), 4);
    assign();
    EXPECT_EQ(take_given("w2").tasks.tasks.front().attempt, 2U);
    forget_notes();
}

TEST_F(DispatchGoodbye, IsNoFaultOfTheWorkerHoweverOften) {
    for (std::uint64_t life = 1; life <= 5; ++life) {
        join(hello_of("w1", life), 1);
        const auto n = static_cast<unsigned>(life);
        run("w1", with_attempts(n, 1));
        from(peer_of("w1"), wire::Goodbye{life, {}, {}});
        forget_effects();
        cancel(n);
        forget_effects();
    }
    join(hello_of("w1", 6), 1);
    EXPECT_EQ(row_of("w1", wire::WorkerState::ready).reason, "joined") << "it is not paused";
}

TEST_F(DispatchGoodbye, IsAnsweredAgainWhenItIsRepeatedAndEndsNobodyElse) {
    join("w1");
    from(peer_of("w1"), wire::Goodbye{1, {}, {}});
    take<wire::Goodbye>(peer_of("w1"));
    join(hello_of("w1", 2), 4);
    run("w1", task_of(1));
    from("old", wire::Goodbye{1, {}, {}});  // it was long on its way
    take<wire::Goodbye>("old");
    EXPECT_EQ(connected(), 1U);
    outcomes("w1", {outcome_of(1)});
    take_end(1, TaskState::succeeded);
    take<wire::Settled>(peer_of("w1"));
}

TEST_F(DispatchGoodbye, IsTheLastThatIsHeardOfThatProcess) {
    join("w1");
    from(peer_of("w1"), wire::Goodbye{1, {}, {}});
    take<wire::Goodbye>(peer_of("w1"));
    from(peer_of("w1"), hello_of("w1"));  // sent before, and late
    EXPECT_THAT(take<wire::Refused>(peer_of("w1")).reason, HasSubstr("has said goodbye"));
    EXPECT_EQ(connected(), 0U);
}

TEST_F(DispatchGoodbye, KeepsThePlaceOfAnOutcomeThatWaitsOnItsDisk) {
    join("w1");
    run("w1", task_of(1));
    from(peer_of("w1"), wire::Goodbye{1, {ref_of(1)}, {}});
    EXPECT_EQ(take_requeued(1, 1).reason, "") << "its number may come back";
    take<wire::Goodbye>(peer_of("w1"));
    wire::Hello again = hello_of("w1", 2);
    again.held = {ref_of(1)};
    again.was_stopped = true;
    from(peer_of("w1"), again);
    EXPECT_THAT(take<wire::Welcome>(peer_of("w1")).drop, IsEmpty());
    forget_effects();
    outcomes("w1", {outcome_of(1)});
    EXPECT_EQ(take_end(1, TaskState::succeeded).attempt, 1U) << "nothing ran again";
    take<wire::Settled>(peer_of("w1"));
}

TEST_F(DispatchGoodbye, ThatNeverCameIsToldByTheNextLifeAndUsesUpNoAttempt) {
    join("w1");
    run("w1", with_attempts(1, 1));
    wire::Hello again = hello_of("w1", 2);
    again.was_stopped = true;
    from(peer_of("w1"), again);
    EXPECT_EQ(take_requeued(1, 2).reason, "");
    take<wire::Welcome>(peer_of("w1"));
}

TEST_F(DispatchGoodbye, ThatNeverCameIsToldAfterARestartOfTheVentilatorToo) {
    Recovered row{with_attempts(1, 1), "c1", TaskState::running, "w1", {}};
    restart({row});
    wire::Hello again = hello_of("w1", 2);
    again.was_stopped = true;
    from(peer_of("w1"), again);
    EXPECT_EQ(take_requeued(1, 2).reason, "");
    take<wire::Welcome>(peer_of("w1"));
}

TEST_F(DispatchGoodbye, EndsAlsoAWorkerThatHasAskedForAnEarlierAttemptOfWhatItHas) {
    join("w1");
    run("w1", task_of(1));
    pass(2 * options_.lease + seconds(1));  // attempt 1 is lost from sight
    join("w1");
    assign();
    EXPECT_EQ(take_given("w1").tasks.tasks.front().attempt, 2U);
    wire::Hello both = hello_of("w1");
    both.held = {ref_of(1, 1), ref_of(1, 2)};
    both.ran_s = {40, 0};
    from(peer_of("w1"), both);
    forget_effects();
    from(peer_of("w1"), wire::Goodbye{1, {}, {}});
    forget_effects();
    EXPECT_EQ(core_->queued(), 1U);
    EXPECT_EQ(connected(), 0U);
}

TEST_F(DispatchContest, LeavesTheNameWithTheOneThatAnswers) {
    join("w1");
    run("w1", task_of(1));
    take_changes();
    step([&](Effects& out) { core_->on("copy", clone_of("w1"), when_, out, "10.0.0.9"); });
    const auto asked = take<wire::Beat>(peer_of("w1"));
    EXPECT_NE(asked.welcome, 0U) << "the first is asked for a sign of life";
    nothing_left();
    wire::Beat beat = beat_of({ref_of(1)});
    beat.welcome = asked.welcome;
    from(peer_of("w1"), beat);
    const auto refused = take<wire::Refused>("copy");
    EXPECT_EQ(refused.code, wire::WorkerRefusal::name_taken);
    EXPECT_THAT(refused.reason, HasSubstr("another machine is connected as worker w1 since "));
    EXPECT_THAT(refused.reason, HasSubstr("«nias enroll worker»"));
    take<wire::Beat>(peer_of("w1"));
    EXPECT_EQ(row_of("w1", wire::WorkerState::refused).address, "10.0.0.9");
    EXPECT_EQ(row_of("w1", wire::WorkerState::refused).host, "copy");
    EXPECT_EQ(last_change().change, wire::WorkerChange::refused);
    outcomes("w1", {outcome_of(1)});
    take_end(1, TaskState::succeeded);
    take<wire::Settled>(peer_of("w1"));
}

TEST_F(DispatchContest, IsNotWonByABeatThatWasOnItsWay) {
    join("w1");
    from("copy", clone_of("w1"));
    take<wire::Beat>(peer_of("w1"));
    from(peer_of("w1"), beat_of({}));
    take<wire::Beat>(peer_of("w1"));
    nothing_left();
}

TEST_F(DispatchContest, RefusesTheCopyAgainAtOnceAndTellsOfItOnceAMinute) {
    join("w1");
    from("copy", clone_of("w1"));
    answer("w1", take<wire::Beat>(peer_of("w1")));
    take<wire::Refused>("copy");
    take<wire::Beat>(peer_of("w1"));
    take_changes();
    for (int i = 0; i < 10; ++i) {
        from("copy", clone_of("w1"));
        EXPECT_EQ(take<wire::Refused>("copy").code, wire::WorkerRefusal::name_taken);
    }
    EXPECT_THAT(take_changes(), IsEmpty());
}

TEST_F(DispatchContest, GivesTheNameToTheSecondWhereTheFirstDoesNotAnswer) {
    join("w1");
    from("copy", clone_of("w1"));
    take<wire::Beat>(peer_of("w1"));
    pass(2 * options_.beat);
    from("copy", clone_of("w1"));  // it has to wait, and the first is asked once more
    EXPECT_NE(take<wire::Beat>(peer_of("w1")).welcome, 0U);
    nothing_left();
    pass(options_.beat + milliseconds(500));
    from("copy", clone_of("w1"));
    EXPECT_THAT(take<wire::Welcome>("copy").drop, IsEmpty());
    EXPECT_EQ(row_of("w1", wire::WorkerState::ready).host, "copy");
}

TEST_F(DispatchContest, DoesNotHoldUpARestartOfTheSameMachine) {
    join("w1");
    from("again", hello_of("w1", 2));  // the same home: the first is dead
    take<wire::Welcome>("again");
}

TEST_F(DispatchContest, DoesNotHoldUpTheNextMachineOfOneThatIsSilent) {
    join("w1");
    pass(options_.suspect + seconds(1));
    from("copy", clone_of("w1"));
    take<wire::Welcome>("copy");
}

TEST_F(DispatchContest, RefusesTheFirstOnceTheSecondHasTakenItsName) {
    join("w1");
    pass(options_.suspect + seconds(1));
    from("copy", clone_of("w1"));
    wire::Beat lives = beat_of({}, false, 9);
    lives.welcome = take<wire::Welcome>("copy").number;
    from("copy", lives);
    take<wire::Beat>("copy");
    from(peer_of("w1"), beat_of({}));
    const auto refused = take<wire::Refused>(peer_of("w1"));
    EXPECT_EQ(refused.code, wire::WorkerRefusal::name_taken);
    EXPECT_THAT(refused.reason, HasSubstr("enrol this one anew"));
}

TEST_F(DispatchRevoke, TellsTheWorkerAndGivesBackWhatItHasWithoutAFault) {
    join("w1");
    run("w1", with_attempts(1, 1));
    take_changes();
    step([&](Effects& out) { core_->revoke("w1", when_, out); });
    EXPECT_EQ(take_requeued(1, 2).reason, "");
    const auto refused = take<wire::Refused>(peer_of("w1"));
    EXPECT_EQ(refused.code, wire::WorkerRefusal::revoked);
    EXPECT_THAT(refused.reason, HasSubstr("enrol this machine anew with «nias enroll worker»"));
    EXPECT_EQ(connected(), 0U);
    EXPECT_EQ(row_of("w1", wire::WorkerState::revoked).reason, "the key of worker w1 was revoked");
    EXPECT_EQ(last_change().change, wire::WorkerChange::revoked);
}

TEST_F(DispatchRevoke, RefusesThatProcessWhateverItSaysAndAdmitsANewKeyOfTheName) {
    join("w1");
    step([&](Effects& out) { core_->revoke("w1", when_, out); });
    take<wire::Refused>(peer_of("w1"));
    from(peer_of("w1"), beat_of({}));
    EXPECT_EQ(take<wire::Refused>(peer_of("w1")).code, wire::WorkerRefusal::revoked);
    from(peer_of("w1"), hello_of("w1"));
    EXPECT_EQ(take<wire::Refused>(peer_of("w1")).code, wire::WorkerRefusal::revoked);
    from("anew", hello_of("w1", 2));
    take<wire::Welcome>("anew");
    EXPECT_EQ(connected(), 1U);
}

TEST_F(DispatchRevoke, GivesBackWithoutAFaultWhatTheLedgerSaysTheWorkerHas) {
    Recovered row{with_attempts(1, 1), "c1", TaskState::running, "w1", {}};
    Recovered others{task_of(2), "c1", TaskState::running, "w2", {}};
    restart({row, others});
    step([&](Effects& out) { core_->revoke("w1", when_, out); });
    EXPECT_EQ(take_requeued(1, 2).reason, "") << "its worker cannot come back";
    EXPECT_EQ(core_->queued(), 1U) << "the other is waited for";
}

TEST_F(DispatchRevoke, IsToldOfAWorkerThatIsGoneAlready) {
    join("w1");
    from(peer_of("w1"), wire::Goodbye{1, {}, {}});
    take<wire::Goodbye>(peer_of("w1"));
    pass(seconds(5));
    take_changes();
    step([&](Effects& out) { core_->revoke("w1", when_, out); });
    EXPECT_EQ(row_of("w1", wire::WorkerState::revoked).since_unix_ms, when_.unix_ms);
    EXPECT_EQ(last_change().change, wire::WorkerChange::revoked);
    step([&](Effects& out) { core_->revoke("nobody", when_, out); });
    EXPECT_THAT(take_changes(), IsEmpty());
}

TEST_F(DispatchAdmission, TellsOfAWorkerThatItsShellRefused) {
    step([&](Effects& out) { core_->refused("w1", "10.0.0.7", "its key is of a watcher", when_, out); });
    EXPECT_EQ(row_of("w1", wire::WorkerState::refused).reason, "its key is of a watcher");
    const auto change = last_change();
    EXPECT_EQ(change.change, wire::WorkerChange::refused);
    EXPECT_EQ(change.address, "10.0.0.7");
}

TEST_F(DispatchAdmission, TellsOfEachStandingThatAWorkerComesThrough) {
    join("w1");
    run("w1", task_of(1));
    pass(options_.suspect + seconds(1));
    pass(options_.lease);
    from(peer_of("w1"), beat_of({ref_of(1)}));
    forget_effects();
    from(peer_of("w1"), beat_of({ref_of(1)}, true));
    forget_effects();
    std::vector<wire::WorkerChange> changes;
    for (const wire::WorkerEvent& event : take_changes()) {
        changes.push_back(event.change);
        EXPECT_EQ(event.worker, "w1");
        EXPECT_NE(event.why, "");
    }
    EXPECT_THAT(changes,
                ElementsAre(wire::WorkerChange::joined, wire::WorkerChange::suspect, wire::WorkerChange::lost,
                            wire::WorkerChange::back, wire::WorkerChange::draining));
    EXPECT_EQ(row_of("w1", wire::WorkerState::draining).reason, "it was stopped");
}

TEST_F(DispatchAdmission, SaysByHowMuchAClockIsOff) {
    wire::Hello hello = hello_of("w1");
    hello.unix_ms = when_.unix_ms - 90'000;
    join(hello, 4);
    EXPECT_EQ(row_of("w1", wire::WorkerState::ready).clock_off_ms, -90'000);
    EXPECT_THAT(take_notices(), ElementsAre(HasSubstr("its clock is 90 s behind this machine's")));
    wire::Beat beat = beat_of({});
    beat.unix_ms = when_.unix_ms + 90'000;
    from(peer_of("w1"), beat);
    take<wire::Beat>(peer_of("w1"));
    EXPECT_EQ(row_of("w1", wire::WorkerState::ready).clock_off_ms, 90'000);
    EXPECT_THAT(take_notices(), IsEmpty()) << "it was told";
    beat.unix_ms = when_.unix_ms + 500;  // the network's delay
    from(peer_of("w1"), beat);
    take<wire::Beat>(peer_of("w1"));
    beat.unix_ms = when_.unix_ms + 5'000;
    from(peer_of("w1"), beat);
    take<wire::Beat>(peer_of("w1"));
    EXPECT_THAT(take_notices(), ElementsAre(HasSubstr("5 s ahead of")));
}

}  // namespace
}  // namespace nias::core
