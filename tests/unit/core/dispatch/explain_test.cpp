// Explanations of a task that has not ended: why it waits, who has it, until when.
#include "core/dispatch/policy/fair_queue.hpp"
#include "unit/core/dispatch/lab.hpp"

namespace nias::core {
namespace {

class Explain : public DispatchLab {
protected:
    void queue(std::vector<Task> tasks) {
        submit(std::move(tasks));
        forget_effects();
    }
    std::string told(unsigned n) { return core_->explain(id_of(n), when_.now).value_or("unknown"); }
};

TEST_F(Explain, KnowsNothingOfATaskThatWasNeverSubmitted) {
    EXPECT_EQ(core_->explain(id_of(1), when_.now), std::nullopt);
}

TEST_F(Explain, SaysThatNoWorkerIsConnected) {
    queue({task_of(1)});
    EXPECT_EQ(told(1), "no worker is connected");
}

TEST_F(Explain, NamesTheRuntimeThatNoMachineOffers) {
    join("w1");
    queue({claiming(1, {}, "octave")});
    EXPECT_EQ(told(1), "no machine offers octave");
}

TEST_F(Explain, SaysWhatTheLargestMachineHas) {
    wire::Hello hello = hello_of("w1");
    hello.memory_bytes = 32ULL << 30U;
    join(hello, 4);
    queue({claiming(1, {.memory_bytes = 64ULL << 30U}), claiming(2, {.cpus = 5}), claiming(3, {.gpus = 1})});
    EXPECT_EQ(told(1), "needs 64 GiB, the largest machine has 32 GiB");
    EXPECT_EQ(told(2), "needs 5 cpus, the largest machine has 4");
    EXPECT_EQ(told(3), "needs 1 gpu, the largest machine has 0");
}

TEST_F(Explain, SaysThatNoOneMachineHasAll) {
    wire::Hello wide = hello_of("wide");
    wide.cpus = 16;
    join(wide, 4);
    wire::Hello deep = hello_of("deep", 2);
    deep.memory_bytes = 8ULL << 30U;
    join(deep, 4);
    queue({claiming(1, {.cpus = 8, .memory_bytes = 4ULL << 30U})});
    EXPECT_EQ(told(1), "no one machine has all that it needs: 8 cpus, 0 gpus, 4 GiB");
}

TEST_F(Explain, SaysThatTheMachinesThatFitTakeNothing) {
    join("w1");
    from(peer_of("w1"), beat_of({}, true));
    queue({task_of(1)});
    forget_effects();
    EXPECT_EQ(told(1), "every machine that it fits is silent, or stops and takes nothing more");
}

TEST_F(Explain, CountsTasksAndOwnersInFront) {
    join("w1", 0);
    queue({task_of(1, "ana"), task_of(2, "ana"), task_of(3, "bob"), task_of(4, "eva"), task_of(5, "eva")});
    EXPECT_EQ(told(1), "next in line, waits for a free worker");
    EXPECT_EQ(told(2), "behind 1 task of 1 owner");
    EXPECT_EQ(told(5), "behind 4 tasks of 3 owners");
    Task urgent = with_priority(6, 1);
    urgent.owner = "eva";
    queue({urgent});
    EXPECT_EQ(told(6), "behind 3 tasks of 2 owners");
    EXPECT_EQ(told(4), "behind 4 tasks of 3 owners");
}

TEST_F(Explain, CountsAnOwnersOwnTasksUpToABound) {
    join("w1", 0);
    std::vector<Task> many;
    for (unsigned n = 1; n <= FairQueue::kAheadCounted + 2; ++n) { many.push_back(task_of(n)); }
    const TaskId last = many.back().id;
    queue(std::move(many));
    EXPECT_EQ(core_->explain(last, when_.now), "behind more than 1000 tasks of 1 owner");
}

TEST_F(Explain, NamesTheWorkerAndTheAttempt) {
    join("w1");
    queue({task_of(1)});
    assign();
    forget_effects();
    EXPECT_EQ(told(1), "given to w1, attempt 1");
    from(peer_of("w1"), wire::Started{{ref_of(1)}});
    forget_effects();
    EXPECT_EQ(told(1), "running on w1, attempt 1");
    cancel(1);
    forget_effects();
    EXPECT_EQ(told(1), "running on w1, attempt 1; its worker has been told to stop it");
}

TEST_F(Explain, SaysSinceWhenAnAttemptIsWithAWorkerThatHasNotBegunIt) {
    join("w1");
    queue({task_of(1)});
    assign();
    forget_effects();
    for (int beat = 0; beat < 200; ++beat) {
        pass(seconds(1));
        from(peer_of("w1"), beat_of({ref_of(1)}));
        if (beat == 6) {
            EXPECT_EQ(told(1), "given to w1, attempt 1, for 7 s; it has not said that it began");
        }
    }
    EXPECT_EQ(told(1), "given to w1, attempt 1, for 3 min 20 s; it has not said that it began");
    from(peer_of("w1"), wire::Started{{ref_of(1)}});
    EXPECT_EQ(told(1), "running on w1, attempt 1");
    forget_effects();
}

TEST_F(Explain, AnAttemptThatRunsPastItsLimitIsToldOnceAndGoesOn) {
    join("w1");
    Task task = task_of(1);
    task.spec.time_limit_ms = 100'000;
    run("w1", task);
    const auto beats = [&](int count) {
        for (int beat = 0; beat < count; ++beat) {
            pass(seconds(1));
            from(peer_of("w1"), beat_of({ref_of(1)}));
            (void)take<wire::Beat>(peer_of("w1"));
        }
    };
    beats(100);
    EXPECT_EQ(told(1), "running on w1, attempt 1, for 1 min 40 s");
    beats(60);
    const std::string words = "; its limit of 1 min 40 s has passed, and w1 has not said that it ended";
    EXPECT_EQ(told(1), "running on w1, attempt 1, for 2 min 40 s" + words);
    EXPECT_THAT(take_notices(), testing::IsEmpty()) << "a minute's grace: it may be packing what it made";
    nothing_left();
    beats(1);
    EXPECT_EQ(take_event(1, EventKind::state, TaskState::running).text, told(1));
    EXPECT_THAT(take_notices(), testing::ElementsAre(testing::EndsWith(words)));
    beats(100);
    EXPECT_THAT(take_notices(), testing::IsEmpty()) << "once an attempt";
    nothing_left();
    outcomes("w1", {outcome_of(1)});
    EXPECT_EQ(take<wire::Settled>(peer_of("w1")).attempts.size(), 1U);
    (void)take_end(1, TaskState::succeeded);
}

TEST_F(Explain, SaysWhenASilentWorkerIsGivenUpAndThenWhatBecameOfTheAttempt) {
    join("w1");
    run("w1", task_of(1));
    pass(seconds(6));
    EXPECT_EQ(told(1),
              "running on w1, attempt 1, for 6 s; w1 has been silent for 6 s and is given up in 24 s");
    pass(seconds(25));
    forget_effects();
    EXPECT_EQ(told(1), "no worker is connected\nattempt 1: worker w1 was silent for 30 s");
}

TEST_F(Explain, NamesTheWorkerThatIsAwaitedAfterARestartAndUntilWhen) {
    restart(
        {{.task = task_of(1), .client = "c1", .state = TaskState::running, .worker = "w1", .reason = ""}});
    pass(seconds(5));
    EXPECT_EQ(told(1), "waits for worker w1 to come back after a restart, at most 25 s");
}

TEST_F(Explain, SaysHowATaskEnded) {
    join("w1");
    run("w1", task_of(1));
    Outcome outcome = outcome_of(1, 1, OutcomeStatus::failed);
    outcome.error = "exit code 3";
    outcomes("w1", {outcome});
    forget_effects();
    EXPECT_EQ(told(1), "ended: failed, exit code 3");
}

TEST_F(Explain, AnswersWhoAsksOverTheWire) {
    queue({task_of(1)});
    from("somebody", wire::Query{id_of(1)});
    EXPECT_EQ(take<wire::Explained>("somebody"), (wire::Explained{id_of(1), true, "no worker is connected"}));
    from("somebody", wire::Query{id_of(2)});
    EXPECT_EQ(take<wire::Explained>("somebody"), (wire::Explained{id_of(2), false, ""}));
}

}  // namespace
}  // namespace nias::core
