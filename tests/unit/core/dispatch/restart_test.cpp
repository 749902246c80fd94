// A ventilator that starts with the tasks of a ledger: who still has them is found out, not assumed.
#include "unit/core/dispatch/lab.hpp"

namespace nias::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DispatchRestart : public DispatchLab {
protected:
    static Recovered row(Task task, TaskState state, std::string worker = {}, std::string reason = {}) {
        return {std::move(task), "c1", state, std::move(worker), std::move(reason)};
    }
    void hello_holding(const std::string& worker, std::vector<AttemptRef> held,
                       std::vector<std::uint32_t> ran_s = {}) {
        wire::Hello hello = hello_of(worker);
        hello.held = std::move(held);
        hello.ran_s = std::move(ran_s);
        from(peer_of(worker), hello);
    }
    /// Longer than the lease of what has run for a moment.
    void grace_over() { pass(2 * options_.lease + seconds(1)); }
};

/// By the ledger attempt 1 was lost from sight, and attempt 2 is with w2, which has not begun it.
class DispatchReturnAfterRestart : public DispatchRestart {
protected:
    void SetUp() override {
        DispatchRestart::SetUp();
        Recovered given = row(task_of(1, "ana", 2), TaskState::assigned, "w2", "attempt 1: w1 was silent");
        given.open = {1};
        restart({given});
    }
    /// The worker of attempt 1, which has run it all the time, names it. Gives back what it is to drop.
    std::vector<AttemptRef> w1_comes_back() {
        hello_holding("w1", {ref_of(1)}, {50});
        return take<wire::Welcome>(peer_of("w1")).drop;
    }
    void earlier_one_runs() {
        const auto entry = take_journal<JournalState>(1);
        EXPECT_EQ(entry.attempt, 1U);
        EXPECT_EQ(entry.worker, "w1");
        EXPECT_EQ(to_string(entry.state), to_string(TaskState::running));
        EXPECT_FALSE(entry.soft) << "a restart would forget it otherwise";
        EXPECT_EQ(take_event(1, EventKind::state, TaskState::running).attempt, 1U);
        EXPECT_EQ(core_->queued(), 0U);
    }
};

TEST_F(DispatchRestart, GivesAQueuedTaskOutWithANumberThatWasNeverUsed) {
    restart({row(task_of(1, "ana", 4), TaskState::queued)});
    EXPECT_EQ(core_->queued(), 1U);
    join("w1");
    assign();
    EXPECT_EQ(take_given("w1").tasks.tasks.front().attempt, 5U)
        << "attempt 4 may have left before the restart";
    const auto entry = take_journal<JournalState>(1);
    EXPECT_EQ(entry.attempt, 5U);
    EXPECT_FALSE(entry.soft);
    EXPECT_EQ(take_event(1, EventKind::state, TaskState::assigned).attempt, 5U);
}

TEST_F(DispatchRestart, LeavesARunningTaskWithTheWorkerThatStillHasIt) {
    restart({row(task_of(1, "ana", 2), TaskState::running, "w1")});
    hello_holding("w1", {ref_of(1, 2)});
    EXPECT_THAT(take<wire::Welcome>(peer_of("w1")).drop, IsEmpty());
    EXPECT_EQ(take_journal<JournalState>(1),
              (JournalState{id_of(1), TaskState::running, 2, "w1", "", when_.unix_ms, true}));
    EXPECT_EQ(take_event(1, EventKind::state, TaskState::running).text, "w1");
    pass(seconds(10));
    from(peer_of("w1"), beat_of({ref_of(1, 2)}));
    take<wire::Beat>(peer_of("w1"));
    pass(seconds(10));  // past the grace: it has a worker
    outcomes("w1", {outcome_of(1, 2)});
    take_end(1, TaskState::succeeded);
    take<wire::Settled>(peer_of("w1"));
}

TEST_F(DispatchRestart, LeavesATaskWithAWorkerThatTheLedgerDidNotName) {
    restart({row(task_of(1, "ana", 2), TaskState::queued)});
    hello_holding("w1", {ref_of(1, 2)});
    EXPECT_THAT(take<wire::Welcome>(peer_of("w1")).drop, IsEmpty());
    EXPECT_EQ(take_journal<JournalState>(1).state, TaskState::assigned);
    take_event(1, EventKind::state, TaskState::assigned);
    EXPECT_EQ(core_->queued(), 0U);
}

TEST_F(DispatchRestart, TakesBackWhatTheNamedWorkerDoesNotHave) {
    restart({row(task_of(1), TaskState::running, "w1"), row(task_of(2), TaskState::assigned, "w1"),
             row(task_of(3), TaskState::running, "w2")});
    hello_holding("w1", {});
    EXPECT_EQ(take_requeued(2, 2).reason, "") << "it never ran: nobody is to blame";
    EXPECT_THAT(take_requeued(1, 2).reason, HasSubstr("attempt 1: worker w1 has it no more after a restart"));
    take<wire::Welcome>(peer_of("w1"));
    EXPECT_EQ(core_->queued(), 2U) << "the third still waits for its worker";
}

TEST_F(DispatchRestart, DropsAnotherAttemptThanTheLedgers) {
    restart({row(task_of(1, "ana", 3), TaskState::running, "w1")});
    hello_holding("w2", {ref_of(1, 2)});
    EXPECT_THAT(take<wire::Welcome>(peer_of("w2")).drop, ElementsAre(ref_of(1, 2)));
}

TEST_F(DispatchRestart, WaitsForEachAsLongAsItsLeaseAndThenGivesItOutAgainInOrder) {
    restart({row(task_of(1), TaskState::running, "w1"), row(task_of(2), TaskState::assigned, "w2"),
             row(task_of(3), TaskState::queued)});
    join("w3", 1);
    assign();
    EXPECT_THAT(take_numbers("w3"), ElementsAre(3));
    forget_notes();
    pass(options_.lease);
    from(peer_of("w3"), beat_of({ref_of(3, 2)}));
    take<wire::Beat>(peer_of("w3"));
    nothing_left();
    pass(seconds(1));
    EXPECT_EQ(take_requeued(2, 1).reason, "") << "it had not begun";
    from(peer_of("w3"), beat_of({ref_of(3, 2)}));
    take<wire::Beat>(peer_of("w3"));
    pass(options_.lease);
    EXPECT_THAT(take_requeued(1, 1).reason,
                HasSubstr("attempt 1: worker w1 did not come back after a restart"));
    from(peer_of("w3"), beat_of({ref_of(3, 2)}));
    take<wire::Beat>(peer_of("w3"));
    join(hello_of("w4", 4), 4);
    assign();
    EXPECT_THAT(take_numbers("w4"), ElementsAre(1, 2));
    forget_notes();
}

TEST_F(DispatchReturnAfterRestart, KeepsTheEarlierAttemptUntilTheWorkerOfTheLaterOneIsBack) {
    EXPECT_THAT(w1_comes_back(), IsEmpty());
    nothing_left();  // nobody can be asked yet
    hello_holding("w2", {ref_of(1, 2)});
    EXPECT_THAT(take<wire::Retract>(peer_of("w2")).attempts, ElementsAre(ref_of(1, 2)));
    forget_effects();
    from(peer_of("w2"), wire::Retracted{{ref_of(1, 2)}});
    take_requeued(1, 3);
    earlier_one_runs();
}

TEST_F(DispatchReturnAfterRestart, HasTheEarlierAttemptWhereTheWorkerOfTheLaterOneDoesNotHaveIt) {
    EXPECT_THAT(w1_comes_back(), IsEmpty());
    hello_holding("w2", {});
    take_requeued(1, 3);
    take<wire::Welcome>(peer_of("w2"));
    earlier_one_runs();
}

TEST_F(DispatchReturnAfterRestart, HasTheEarlierAttemptWhereTheWorkerOfTheLaterOneStaysAway) {
    EXPECT_THAT(w1_comes_back(), IsEmpty());
    for (int i = 0; i < 16; ++i) {
        pass(seconds(1));
        from(peer_of("w1"), beat_of({ref_of(1)}));
    }
    take_requeued(1, 2);
    forget_sends();
    earlier_one_runs();
}

TEST_F(DispatchReturnAfterRestart, AsksTheLaterOneBackAlsoWhereItsWorkerWasFirst) {
    hello_holding("w2", {ref_of(1, 2)});
    forget_effects();
    hello_holding("w1", {ref_of(1)}, {50});
    EXPECT_THAT(take<wire::Retract>(peer_of("w2")).attempts, ElementsAre(ref_of(1, 2)));
    EXPECT_THAT(take<wire::Welcome>(peer_of("w1")).drop, IsEmpty()) << "the later one has not begun";
}

TEST_F(DispatchReturnAfterRestart, DropsTheEarlierAttemptWhereTheLaterOneHasBegun) {
    EXPECT_THAT(w1_comes_back(), IsEmpty());
    hello_holding("w2", {ref_of(1, 2)}, {5});
    take<wire::Welcome>(peer_of("w2"));
    EXPECT_EQ(take_journal<JournalState>(1).open, std::vector<Attempt>());
    forget_effects();
    EXPECT_THAT(w1_comes_back(), ElementsAre(ref_of(1)));
}

TEST_F(DispatchReturnAfterRestart, TakesTheEarlierAttemptBackAtOnceWhereTheLaterOneWaits) {
    Recovered waits = row(task_of(1, "ana", 4), TaskState::queued);
    waits.open = {1, 2};
    restart({waits});
    EXPECT_THAT(w1_comes_back(), IsEmpty());
    earlier_one_runs();
    pass(2 * options_.lease + seconds(60));
    forget_effects();
    join(hello_of("w3", 3), 4);
    assign();
    EXPECT_EQ(take_given("w3").tasks.tasks.front().attempt, 5U) << "no number is given out twice";
    forget_effects();
}

TEST_F(DispatchReturnAfterRestart, SettlesAnEarlierOutcomeOnceTheLaterAttemptIsOver) {
    outcomes("w1", {outcome_of(1)});
    nothing_left();
    EXPECT_EQ(core_->fenced(), 0U) << "it is repeated until it is known which of them counts";
    hello_holding("w2", {});
    take_requeued(1, 3);
    take<wire::Welcome>(peer_of("w2"));
    outcomes("w1", {outcome_of(1)});
    EXPECT_EQ(take_end(1, TaskState::succeeded).attempt, 1U);
}

TEST_F(DispatchReturnAfterRestart, StopsTheEarlierAttemptOfACancelledTask) {
    cancel(1);
    EXPECT_THAT(w1_comes_back(), ElementsAre(ref_of(1)));
}

TEST_F(DispatchRestart, CountsTheFaultsOfBefore) {
    restart({row(task_of(1, "ana", 3), TaskState::running, "w1", "attempt 1: fire\nattempt 2: water")});
    grace_over();
    EXPECT_EQ(take_end(1, TaskState::lost).text,
              "attempt 1: fire\nattempt 2: water\nattempt 3: worker w1 did not come back after a restart");
}

TEST_F(DispatchRestart, LeavesOutWhatHasEnded) {
    restart({row(task_of(1), TaskState::succeeded), row(task_of(2), TaskState::lost)});
    EXPECT_EQ(core_->alive(), 0U);
}

TEST_F(DispatchRestart, TakesAnOutcomeThatComesBeforeItsWorker) {
    restart({row(task_of(1), TaskState::running, "w1"), row(task_of(2, "ana", 2), TaskState::queued)});
    outcomes("w1", {outcome_of(1), outcome_of(2, 2)});  // not settled: the worker repeats it once it is known
    take_end(1, TaskState::succeeded);
    take_end(2, TaskState::succeeded);
    hello_holding("w1", {ref_of(1), ref_of(2, 2)});
    EXPECT_THAT(take<wire::Welcome>(peer_of("w1")).drop, ElementsAre(ref_of(1), ref_of(2, 2)));
}

TEST_F(DispatchRestart, RefusesAnOutcomeOfAnotherAttemptBeforeItsWorkerIsBack) {
    restart({row(task_of(1, "ana", 2), TaskState::running, "w1")});
    outcomes("w1", {outcome_of(1, 1)});
    EXPECT_EQ(core_->fenced(), 1U);
}

TEST_F(DispatchRestart, GivesATaskWhoseOutcomeSaysItCouldNotRunOutAgain) {
    restart({row(task_of(1), TaskState::queued)});
    outcomes("w1", {outcome_of(1, 1, OutcomeStatus::could_not_run)});
    take_requeued(1, 2);
    join("w1");
    assign();
    EXPECT_EQ(take_given("w1").tasks.tasks.front().attempt, 2U) << "its number is certain now";
    forget_notes();
}

TEST_F(DispatchRestart, StopsACancelledTaskOnceItsWorkerIsBack) {
    restart({row(task_of(1), TaskState::running, "w1")});
    cancel(1);
    cancel(1);
    hello_holding("w1", {ref_of(1)});
    take<wire::Welcome>(peer_of("w1"));
    EXPECT_THAT(take<wire::Drop>(peer_of("w1")).attempts, ElementsAre(ref_of(1)));
    forget_notes();
}

TEST_F(DispatchRestart, EndsACancelledTaskWhoseWorkerStaysAway) {
    restart({row(task_of(1), TaskState::running, "w1")});
    cancel(1);
    grace_over();
    const auto end = take_end(1, TaskState::cancelled);
    EXPECT_EQ(end.outcome->worker, "w1");
}

}  // namespace
}  // namespace nias::core
