// Workers on which job after job cannot be run: paused with the reason, until an administrator resumes them.
#include "unit/core/dispatch/lab.hpp"

namespace nias::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto kReason = "3 different jobs in a row could not be run there, the last: w1: the disk is full";

class DispatchPause : public DispatchLab {
protected:
    void SetUp() override {
        DispatchLab::SetUp();
        join("w1", 100);
    }
    /// Given to w1, which reports that it ended so. The effects are taken.
    void end(unsigned n, OutcomeStatus status, Attempt attempt = 1) {
        if (attempt == 1) { submit({with_attempts(n, 9)}); }
        assign();
        Outcome outcome = outcome_of(n, attempt, status);
        if (status == OutcomeStatus::could_not_run) { outcome.error = "the disk is full"; }
        outcome.worker = "w1";
        outcomes("w1", {outcome});
        forget_effects();
    }
    void fail(std::initializer_list<unsigned> numbers) {
        for (const unsigned n : numbers) { end(n, OutcomeStatus::could_not_run); }
    }
    wire::WorkerRow row() {
        from("admin", wire::QueryWorkers{});
        const wire::Workers answer = take<wire::Workers>("admin");
        EXPECT_EQ(answer.total, answer.workers.size());
        return answer.workers.empty() ? wire::WorkerRow{} : answer.workers.front();
    }
    bool paused() { return row().state == wire::WorkerState::paused; }
    wire::Ordered resume(const std::string& worker = "w1") {
        from("admin", wire::Order{worker});
        return take<wire::Ordered>("admin");
    }
};

TEST_F(DispatchPause, PausesAWorkerOnWhichThreeDifferentJobsInARowCouldNotBeRun) {
    fail({1, 2});
    EXPECT_FALSE(paused());
    fail({3});
    EXPECT_EQ(row().state, wire::WorkerState::paused);
    EXPECT_EQ(row().reason, kReason);
    assign();
    nothing_left();
    const auto changes = take_changes();
    ASSERT_FALSE(changes.empty());
    EXPECT_EQ(changes.back().change, wire::WorkerChange::paused);
    EXPECT_EQ(changes.back().why, kReason);
}

TEST_F(DispatchPause, TellsThoseWhoWaitForNoOtherMachine) {
    fail({1, 2, 3});
    submit({task_of(4)});
    forget_effects();
    EXPECT_EQ(*core_->explain(id_of(4), when_.now),
              std::string("every machine that it fits is paused, is silent, or stops; w1 is paused until an "
                          "administrator resumes it: ") +
                  kReason);
    join("w2", 0);
    EXPECT_THAT(*core_->explain(id_of(4), when_.now), testing::StartsWith("behind 1 task"));
}

TEST_F(DispatchPause, CountsOneJobOnce) {
    for (Attempt attempt = 1; attempt <= 5; ++attempt) { end(1, OutcomeStatus::could_not_run, attempt); }
    EXPECT_FALSE(paused());
}

TEST_F(DispatchPause, IsResetByAJobThatEndsAsItsProgramWanted) {
    unsigned n = 0;
    for (const OutcomeStatus ends :
         {OutcomeStatus::succeeded, OutcomeStatus::failed, OutcomeStatus::timed_out}) {
        fail({n + 1, n + 2});
        end(n + 1, ends, 2);
        fail({n + 3});
        EXPECT_FALSE(paused()) << to_string(ends);
        end(n + 2, ends, 2);
        end(n + 3, ends, 2);
        n += 3;
    }
}

TEST_F(DispatchPause, IsNotResetByACancelledJob) {
    fail({1, 2});
    end(1, OutcomeStatus::cancelled, 2);
    fail({3});
    EXPECT_TRUE(paused());
}

TEST_F(DispatchPause, CountsALossOfTheWorkerOnceHoweverManyJobsRanThere) {
    for (const unsigned n : {1U, 2U, 3U, 4U}) { run("w1", task_of(n)); }
    from(peer_of("w1"), hello_of("w1", 2));
    forget_effects();
    EXPECT_FALSE(paused());
}

TEST_F(DispatchPause, CountsWorkersThatStopUnderJobAfterJob) {
    for (unsigned n = 1; n <= 3; ++n) {
        EXPECT_FALSE(paused());
        run("w1", with_attempts(n, 1));
        from(peer_of("w1"), hello_of("w1", n + 1));
        forget_effects();
        credit("w1", 1, 100, n + 1);
    }
    EXPECT_EQ(row().reason,
              "3 different jobs in a row could not be run there, the last: worker w1 restarted");
}

TEST_F(DispatchPause, CountsNoAttemptThatHadNotBegunOrWasReturnedInOrder) {
    for (unsigned n = 1; n <= 4; ++n) {
        submit({task_of(n)});
        assign();
        from(peer_of("w1"), wire::Declined{ref_of(n), "draining"});
        pass(options_.beat + seconds(1));
        from(peer_of("w1"), hello_of("w1", n + 1));  // restarts with what was given and not begun
        credit("w1", 1, 100, n + 1);
        forget_effects();
    }
    EXPECT_FALSE(paused());
}

TEST_F(DispatchPause, LastsWhenTheWorkerIsLostAndComesAgain) {
    fail({1, 2, 3});
    pass(options_.lease + seconds(1));
    forget_effects();
    from("admin", wire::QueryWorkers{});
    EXPECT_THAT(take<wire::Workers>("admin").workers, IsEmpty());
    join(hello_of("w1", 2), 4);
    EXPECT_EQ(row().reason, kReason);
    assign();
    nothing_left();
}

TEST_F(DispatchPause, LetsWhatRunsThereEnd) {
    run("w1", task_of(9));
    fail({1, 2, 3});
    outcomes("w1", {outcome_of(9)});
    take_end(9, TaskState::succeeded);
    take<wire::Settled>(peer_of("w1"));
    EXPECT_TRUE(paused()) << "only an administrator resumes it";
}

TEST_F(DispatchPause, EndsWithTheWordOfAnAdministrator) {
    fail({1, 2, 3});
    EXPECT_EQ(resume(), (wire::Ordered{"w1", true, std::string("it was paused: ") + kReason}));
    EXPECT_FALSE(paused());
    assign();
    EXPECT_THAT(take_numbers("w1"), ElementsAre(3)) << "the others are there";
    forget_effects();
    EXPECT_EQ(resume(), (wire::Ordered{"w1", false, "it is not paused"}));
}

TEST_F(DispatchPause, EndsAlsoOfAWorkerThatIsNotConnected) {
    fail({1, 2, 3});
    pass(options_.lease + seconds(1));
    forget_effects();
    EXPECT_TRUE(resume().done);
    EXPECT_EQ(resume(), (wire::Ordered{"w1", false, "no worker of that name is connected or paused"}));
    join(hello_of("w1", 2), 0);
    EXPECT_FALSE(paused());
}

TEST_F(DispatchPause, BeginsToCountAgainAfterIt) {
    fail({1, 2, 3});
    resume();
    end(1, OutcomeStatus::could_not_run, 2);
    end(2, OutcomeStatus::could_not_run, 2);
    EXPECT_FALSE(paused());
    end(3, OutcomeStatus::could_not_run, 2);
    EXPECT_TRUE(paused());
}

class DispatchRoll : public DispatchLab {};

TEST_F(DispatchRoll, TellsHowEachWorkerStands) {
    wire::Hello hello = hello_of("w1");
    hello.host = "lab1";
    join(hello, 4);
    run("w1", task_of(1));
    submit({task_of(2)});
    assign();
    wire::Beat beat = beat_of({ref_of(1), ref_of(2)}, true);
    beat.load_percent = 225;
    from(peer_of("w1"), beat);
    forget_effects();
    from("admin", wire::QueryWorkers{});
    const auto told = take<wire::Workers>("admin");
    EXPECT_EQ(told.unix_ms, when_.unix_ms);
    ASSERT_EQ(told.workers.size(), 1U);
    EXPECT_EQ(told.workers[0], (wire::WorkerRow{.name = "w1",
                                                .host = "lab1",
                                                .state = wire::WorkerState::draining,
                                                .reason = "it was stopped",
                                                .slots = 4,
                                                .held = 2,
                                                .running = 1,
                                                .cpus = 4,
                                                .load_percent = 225,
                                                .memory_bytes = 8'000,
                                                .runtimes = {"python"},
                                                .since_unix_ms = when_.unix_ms}));
    pass(options_.suspect + seconds(1));
    from("admin", wire::QueryWorkers{});
    EXPECT_EQ(take<wire::Workers>("admin").workers.at(0).state, wire::WorkerState::suspect);
}

TEST_F(DispatchRoll, OfManyWorkersComesInSeveralMessages) {
    constexpr std::uint32_t kWorkers = 5'000;
    for (std::uint32_t i = 0; i < kWorkers; ++i) {
        wire::Hello hello = hello_of("w" + std::to_string(i));
        from(peer_of(hello.worker), hello);
    }
    forget_effects();
    from("admin", wire::QueryWorkers{});
    const auto first = take<wire::Workers>("admin");
    const auto second = take<wire::Workers>("admin");
    EXPECT_EQ(first.total, kWorkers);
    EXPECT_EQ(first.workers.size() + second.workers.size(), kWorkers);
    EXPECT_LE(wire::encode(first).size(), wire::kFrameBytesMax);
}

}  // namespace
}  // namespace nias::core
