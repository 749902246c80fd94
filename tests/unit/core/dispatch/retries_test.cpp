// Tasks whose program failed, and that ask to be tried again then.
#include "unit/core/dispatch/lab.hpp"

namespace nias::core {
namespace {

using testing::IsEmpty;

class DispatchRetries : public DispatchLab {
protected:
    static Task failing(std::uint32_t max_failures, unsigned n = 1) {
        Task task = task_of(n);
        task.spec.max_failures = max_failures;
        return task;
    }
    void fail(Attempt attempt, const std::string& error = {}) {
        Outcome outcome = outcome_of(1, attempt, OutcomeStatus::failed);
        outcome.error = error;
        outcomes("w1", {outcome});
    }
    void settled() { take<wire::Settled>(peer_of("w1")); }
    void given_out(Attempt attempt) {
        assign();
        EXPECT_EQ(take_given("w1").tasks.tasks.front().attempt, attempt);
        take_journal<JournalState>(1);
        take_event(1, EventKind::state, TaskState::assigned);
    }
};

TEST_F(DispatchRetries, AFailedTaskRunsAgainAsOftenAsItAskedAndThenEndsWithItsLastAnswer) {
    join("w1", 100);
    run("w1", failing(2));
    fail(1, "no solution");
    EXPECT_EQ(take_requeued(1, 2).failures, 1U);
    settled();
    given_out(2);
    fail(2);
    const JournalState second = take_requeued(1, 3);
    EXPECT_EQ(second.failures, 2U);
    EXPECT_EQ(second.reason, "attempt 1: w1: no solution\nattempt 2: w1: its program failed");
    settled();
    given_out(3);
    fail(3, "still none");
    const auto end = take_end(1, TaskState::failed);
    EXPECT_EQ(end.text, "still none");
    EXPECT_EQ(end.attempt, 3U);
    EXPECT_EQ(end.outcome->output, outcome_of(1).output);
    settled();
}

TEST_F(DispatchRetries, AFailureIsTheEndOfATaskThatAsksForNoMore) {
    join("w1", 100);
    run("w1", failing(0));
    fail(1, "no solution");
    EXPECT_EQ(take_end(1, TaskState::failed).text, "no solution");
    settled();
}

TEST_F(DispatchRetries, OnlyFailuresAreTriedAgain) {
    join("w1", 100);
    for (const auto& [status, state] : {std::pair{OutcomeStatus::timed_out, TaskState::timed_out},
                                        {OutcomeStatus::succeeded, TaskState::succeeded},
                                        {OutcomeStatus::cancelled, TaskState::cancelled}}) {
        run("w1", failing(5));
        outcomes("w1", {outcome_of(1, 1, status)});
        take_end(1, state);
        settled();
        open();
        join(hello_of("w1"), 100);
    }
}

TEST_F(DispatchRetries, FailuresUseUpNoAttemptAndLostAttemptsAreNoFailures) {
    join("w1", 100);
    Task task = failing(2);
    task.spec.max_attempts = 2;
    run("w1", task);
    fail(1);
    take_requeued(1, 2);
    settled();
    given_out(2);
    Outcome broken = outcome_of(1, 2, OutcomeStatus::could_not_run);
    broken.error = "no space";
    outcomes("w1", {broken});
    EXPECT_EQ(take_requeued(1, 3).failures, 1U);
    settled();
    given_out(3);
    fail(3);
    take_requeued(1, 4);
    settled();
    given_out(4);
    broken.attempt = 4;
    outcomes("w1", {broken});
    EXPECT_EQ(take_end(1, TaskState::lost).text,
              "attempt 1: w1: its program failed\nattempt 2: w1: no space\n"
              "attempt 3: w1: its program failed\nattempt 4: w1: no space");
    settled();
}

TEST_F(DispatchRetries, ATaskThatIsCancelledIsNotTriedAgain) {
    join("w1", 100);
    run("w1", failing(5));
    cancel(1);
    take<wire::Drop>(peer_of("w1"));
    fail(1, "no solution");
    take_end(1, TaskState::failed);
    settled();
}

TEST_F(DispatchRetries, ALateFailureOfAnAttemptThatWasTriedAgainIsFencedOff) {
    join("w1", 100);
    run("w1", failing(1));
    fail(1);
    take_requeued(1, 2);
    settled();
    fail(1);  // its worker repeats it
    settled();
    EXPECT_EQ(core_->fenced(), 1U);
    given_out(2);
    fail(1);
    settled();
    EXPECT_EQ(core_->fenced(), 2U) << "and it is not held for a failure of the second attempt";
}

TEST_F(DispatchRetries, AVentilatorThatStartsAgainKnowsHowOftenATaskHasFailed) {
    Task task = failing(2);
    task.attempt = 4;
    task.spec.max_attempts = 2;
    restart({{.task = task,
              .client = "c1",
              .state = TaskState::running,
              .worker = "w1",
              .reason = "attempt 1: w1: no\nattempt 2: w1: no space\nattempt 3: w1: no",
              .failures = 2}});
    wire::Hello hello = hello_of("w1");
    hello.held = {ref_of(1, 4)};
    from(peer_of("w1"), hello);
    EXPECT_THAT(take<wire::Welcome>(peer_of("w1")).drop, IsEmpty());
    EXPECT_EQ(take_journal<JournalState>(1).failures, 2U);
    take_event(1, EventKind::state, TaskState::running);
    const auto noted = core_->standing(id_of(1), TaskState::running, 4);
    ASSERT_TRUE(noted);
    EXPECT_EQ(noted->failures, 2U) << "a note that waits to be written forgets nothing";
    fail(4, "no");
    take_end(1, TaskState::failed);
    settled();
}

TEST_F(DispatchRetries, OfATaskWithManyTriesEveryLineIsKept) {
    join("w1", 1'000);
    Task task = failing(100);
    task.spec.max_attempts = 100;
    run("w1", task);
    std::string reason;
    for (Attempt attempt = 1; attempt <= 100; ++attempt) {
        fail(attempt, std::string(500, 'x'));
        reason = take_requeued(1, attempt + 1).reason;
        settled();
        given_out(attempt + 1);
    }
    EXPECT_EQ(std::count(reason.begin(), reason.end(), '\n'), 99);
    EXPECT_LE(reason.size(), wire::kReasonBytesMax);
    EXPECT_NE(reason.find("attempt 100:"), std::string::npos);
}

}  // namespace
}  // namespace nias::core
