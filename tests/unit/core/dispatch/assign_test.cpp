// Assignment: credit, fit, priority, turns.
#include "unit/core/dispatch/lab.hpp"

namespace nias::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class DispatchAssign : public DispatchLab {
protected:
    void queue(std::vector<Task> tasks) {
        submit(std::move(tasks));
        forget_notes();
    }
    void queue_many(unsigned first, unsigned count) {
        std::vector<Task> tasks;
        for (unsigned n = first; n < first + count; ++n) { tasks.push_back(task_of(n)); }
        queue(std::move(tasks));
    }
    void give() {
        assign();
        forget_notes();
    }
    void give_nothing() {
        assign();
        nothing_left();
    }
    void done(unsigned n, const std::string& worker = "w1") {
        outcomes(worker, {outcome_of(n)});
        take<wire::Settled>(peer_of(worker));
        forget_notes();
    }
};

TEST_F(DispatchAssign, NotesAndTellsWhoHasATaskAndThatItRuns) {
    join("w1");
    submit({task_of(1)});
    forget_effects();
    assign();
    const auto given = take_given("w1");
    EXPECT_EQ(given.tasks, (wire::Tasks{1, 1, {task_of(1)}}));
    JournalState entry = take_journal<JournalState>(1);
    EXPECT_EQ(entry, (JournalState{id_of(1), TaskState::assigned, 1, "w1", "", when_.unix_ms, true}));
    EXPECT_EQ(take_event(1, EventKind::state, TaskState::assigned).text, "w1");
    from(peer_of("w1"), wire::Started{{ref_of(1)}});
    entry.state = TaskState::running;
    EXPECT_EQ(take_journal<JournalState>(1), entry);
    EXPECT_EQ(take_event(1, EventKind::state, TaskState::running).text, "w1");
}

TEST_F(DispatchAssign, GivesNothingWithoutCredit) {
    from(peer_of("w1"), hello_of("w1"));
    take<wire::Welcome>(peer_of("w1"));
    queue({task_of(1)});
    give_nothing();
}

TEST_F(DispatchAssign, NeverGivesMoreThanTheCreditGranted) {
    join("w1", 3);
    queue_many(1, 10);
    give();
    EXPECT_THAT(take_numbers("w1"), ElementsAre(1, 2, 3));
    credit("w1", 2, 5);
    give();
    const Given given = take_given("w1");
    EXPECT_EQ(given.tasks.tasks.size(), 2U);
    EXPECT_EQ(given.tasks.sent_total, 5U);
    credit("w1", 1, 9);  // older than the last: overtaken on its way
    credit("w1", 2, 5);  // doubled
    give_nothing();
    EXPECT_EQ(core_->queued(), 5U);
}

TEST_F(DispatchAssign, TakesAHelloForTheEndOfAllCredit) {
    join("w1", 3);
    from(peer_of("w1"), hello_of("w1"));
    take<wire::Welcome>(peer_of("w1"));
    queue({task_of(1)});
    give_nothing();
    credit("w1", 1, 1);
    give();
    EXPECT_EQ(take_given("w1").tasks.sent_total, 1U);
}

TEST_F(DispatchAssign, FillsFreeSlotsEverywhereBeforeAnyWindow) {
    for (const std::string worker : {"w1", "w2"}) {
        wire::Hello hello = hello_of(worker, worker == "w1" ? 1 : 2);
        hello.slots = 1;
        join(hello, 3);
    }
    queue_many(1, 2);
    give();
    EXPECT_EQ(take_given("w1").tasks.tasks.size(), 1U);
    EXPECT_EQ(take_given("w2").tasks.tasks.size(), 1U);
    queue_many(3, 4);
    give();
    const Given one = take_given("w1");
    const Given other = take_given("w2");
    EXPECT_EQ(one.tasks.sent_total, 3U);
    EXPECT_EQ(other.tasks.sent_total, 3U);
}

TEST_F(DispatchAssign, CutsWhatItGivesIntoFrames) {
    join("w1", 5'000);
    queue_many(1, 4'097);
    give();
    EXPECT_EQ(take_given("w1").tasks.tasks.size(), wire::kBatchItemsMax);
    const Given rest = take_given("w1");
    EXPECT_EQ(rest.tasks.tasks.size(), 1U);
    EXPECT_EQ(rest.tasks.sent_total, 4'097U);
}

TEST_F(DispatchAssign, ClosesAFrameThatIsHeavy) {
    join("w1", 100);
    std::vector<Task> tasks;
    for (unsigned n = 1; n <= 40; ++n) {
        tasks.push_back(task_of(n));
        tasks.back().payload.resize(kInlineMax);
    }
    queue(std::move(tasks));
    give();
    std::size_t total = 0;
    for (int frame = 0; frame < 3; ++frame) {
        const Given given = take_given("w1");
        EXPECT_LE(given.tasks.tasks.size(), 1 + wire::kBatchBytesTarget / kInlineMax);
        total += given.tasks.tasks.size();
    }
    EXPECT_EQ(total, 40U);
}

// Each says all of its text again: such tasks share no run, whether they differ or only have too much of it.
TEST_F(DispatchAssign, ClosesAFrameBeforeItIsLongerThanAFrameMayBe) {
    std::vector<CountedResource> counted;
    for (char letter = 'a'; letter < 'a' + 8; ++letter) {
        counted.push_back({std::string(64, letter), 1});
        options_.resources.push_back({counted.back().name, 5'000});
    }
    for (const bool differ : {true, false}) {
        open();
        wire::Hello hello = hello_of("w1");
        hello.runtimes = {std::string(200, 'r')};
        hello.slots = 5'000;
        join(hello, 5'000);
        std::vector<Task> tasks;
        for (unsigned n = 1; n <= 4'096; ++n) {
            Task& task = tasks.emplace_back(task_of(n, std::string(128, 'o')));
            task.spec.name = std::string(196, 'n') + std::to_string(differ ? 1000 + n % 4000 : 1000);
            task.spec.runtime = hello.runtimes.front();
            task.spec.resources.counted = CountedResources(counted);
        }
        queue(std::move(tasks));
        give();
        std::size_t given = 0;
        while (has_given()) {
            const Given frame = take_given("w1");
            EXPECT_LE(wire::encode(frame.tasks).size(), wire::kFrameBytesMax);
            given += frame.tasks.tasks.size();
        }
        EXPECT_EQ(given, 4'096U);
    }
}

TEST_F(DispatchAssign, KeepsWithinAMachinesCpus) {
    join("w1", 10);
    queue({claiming(1, {.cpus = 3}), claiming(2, {.cpus = 2})});
    give();
    EXPECT_THAT(take_numbers("w1"), ElementsAre(1));
    done(1);
    give();
    EXPECT_THAT(take_numbers("w1"), ElementsAre(2));
}

TEST_F(DispatchAssign, KeepsWithinAMachinesMemoryAndGpus) {
    wire::Hello hello = hello_of("w1");
    hello.gpus = 1;
    join(hello, 10);
    queue({claiming(1, {.memory_bytes = 5'000}), claiming(2, {.memory_bytes = 5'000}),
           claiming(3, {.gpus = 1}), claiming(4, {.gpus = 1})});
    give();
    EXPECT_THAT(take_numbers("w1"), ElementsAre(1, 3));
    done(3);
    give();
    EXPECT_THAT(take_numbers("w1"), ElementsAre(4));
    done(1);
    give();
    EXPECT_THAT(take_numbers("w1"), ElementsAre(2));
}

TEST_F(DispatchAssign, LetsWhatFitsPassWhatDoesNot) {
    join("w1", 10);
    queue({claiming(1, {.cpus = 64}), claiming(2, {}, "octave"), claiming(3, {}, "python"), task_of(4)});
    give();
    EXPECT_THAT(take_numbers("w1"), ElementsAre(3, 4));
    wire::Hello hello = hello_of("w2", 2);
    hello.runtimes = {"octave"};
    join(hello, 10);
    give();
    EXPECT_THAT(take_numbers("w2"), ElementsAre(2));
    EXPECT_EQ(core_->queued(), 1U);
}

TEST_F(DispatchAssign, BoundsTasksThatClaimNothingByCreditAlone) {
    wire::Hello hello = hello_of("w1");
    hello.slots = 1;
    hello.cpus = 1;
    join(hello, 50);
    queue_many(1, 50);
    give();
    EXPECT_EQ(take_given("w1").tasks.tasks.size(), 50U);
}

TEST_F(DispatchAssign, TakesTheMoreUrgentFirstAndThenTheOlder) {
    join("w1", 10);
    queue({with_priority(1, 0), with_priority(2, 5), with_priority(3, -5), with_priority(4, 5)});
    give();
    EXPECT_THAT(take_numbers("w1"), ElementsAre(2, 4, 1, 3));
}

TEST_F(DispatchAssign, LetsOwnersTakeTurns) {
    wire::Hello hello = hello_of("w1");
    hello.slots = 10;
    join(hello, 10);
    queue({task_of(1, "ana"), task_of(2, "ana"), task_of(3, "ana"), task_of(4, "bob"), task_of(5, "eva")});
    give();
    EXPECT_THAT(take_numbers("w1"), ElementsAre(1, 4, 5, 2, 3));
}

TEST_F(DispatchAssign, ServesTheOwnerWhoseTasksTookLessTime) {
    join("w1", 2);
    queue({task_of(1, "ana"), task_of(2, "bob")});
    give();
    EXPECT_THAT(take_numbers("w1"), ElementsAre(1, 2));
    Outcome slow = outcome_of(1);
    slow.usage.wall_ms = 60'000;
    outcomes("w1", {slow, outcome_of(2)});
    forget_effects();
    queue({task_of(3, "ana"), task_of(4, "bob"), task_of(5, "bob")});
    credit("w1", 2, 4);
    give();
    EXPECT_THAT(take_numbers("w1"), ElementsAre(4, 5));
}

TEST_F(DispatchAssign, TakesADeclinedAttemptForNoUse) {
    join("w1", 1);
    queue({task_of(1, "ana")});
    give();
    take_given("w1");
    from(peer_of("w1"), wire::Declined{ref_of(1), "no space"});
    queue({task_of(2, "bob")});
    join("w2", 1);
    give();
    EXPECT_THAT(take_numbers("w2"), ElementsAre(1));
}

TEST_F(DispatchAssign, TakesALostAttemptForUse) {
    join("w1", 1);
    queue({task_of(1, "ana")});
    give();
    take_given("w1");
    pass(seconds(16));
    queue({task_of(2, "bob")});
    join("w2", 1);
    give();
    EXPECT_THAT(take_numbers("w2"), ElementsAre(2));
}

TEST_F(DispatchAssign, KeepsPriorityBetweenTheTasksOfOneOwnerOnly) {
    join("w1", 10);
    Task urgent = with_priority(2, 100);
    urgent.owner = "bob";
    queue({task_of(1, "ana"), urgent, task_of(3, "ana")});
    give();
    EXPECT_THAT(take_numbers("w1"), ElementsAre(1, 2, 3));
}

TEST_F(DispatchAssign, GivesNothingToAWorkerThatDrains) {
    join("w1");
    from(peer_of("w1"), beat_of({}, true));
    take<wire::Beat>(peer_of("w1"));
    queue({task_of(1)});
    give_nothing();
    from(peer_of("w1"), beat_of({}, false));
    take<wire::Beat>(peer_of("w1"));
    give();
    EXPECT_THAT(take_numbers("w1"), ElementsAre(1));
}

TEST_F(DispatchAssign, GivesNothingToASuspectUntilItIsHeard) {
    join("w1");
    pass(options_.suspect + milliseconds(500));
    queue({task_of(1)});
    give_nothing();
    from(peer_of("w1"), beat_of({}));
    take<wire::Beat>(peer_of("w1"));
    give();
    EXPECT_THAT(take_numbers("w1"), ElementsAre(1));
}

TEST_F(DispatchAssign, GivesADeclinedTaskToAnotherWorkerWithoutUsingUpAnAttempt) {
    join("w1");
    run("w1", with_attempts(1, 1));
    from(peer_of("w1"), wire::Declined{ref_of(1), "no space"});
    EXPECT_EQ(take_requeued(1, 2).reason, "");
    give_nothing();
    join(hello_of("w2", 2), 4);
    give();
    EXPECT_EQ(take_given("w2").tasks.tasks.front().attempt, 2U);
}

TEST_F(DispatchAssign, LetsAWorkerRestABeatAfterItDeclined) {
    join("w1");
    run("w1", task_of(1));
    from(peer_of("w1"), wire::Declined{ref_of(1), "no space"});
    forget_effects();
    give_nothing();
    pass(options_.beat);
    give();
    EXPECT_THAT(take_numbers("w1"), ElementsAre(1));
}

TEST_F(DispatchAssign, TellsWhyAWorkerRestsUntilItAsksForTasksAgain) {
    join("w1");
    run("w1", with_attempts(1, 1));
    from(peer_of("w1"), wire::Declined{ref_of(1), "no room on the disk"});
    forget_effects();
    const auto reason = [&] {
        from("client", wire::QueryWorkers{});
        return take<wire::Workers>("client").workers.front().reason;
    };
    EXPECT_EQ(reason(), "rests: no room on the disk");
    EXPECT_EQ(core_->explain(id_of(1), when_.now),
              "every machine that it fits rests or takes nothing more; w1 rests: no room on the disk");
    credit("w1", 2, 9);
    EXPECT_EQ(reason(), "joined") << "as before it rested";
    EXPECT_EQ(core_->explain(id_of(1), when_.now), "next in line, waits for a free worker");
}

TEST_F(DispatchAssign, TakesNoNoticeOfAStartOrARefusalOfAnAttemptThatIsNotTheWorkers) {
    join("w1");
    join(hello_of("w2", 2), 0);
    run("w1", task_of(1));
    from(peer_of("w2"), wire::Declined{ref_of(1), "not mine"});
    from(peer_of("w1"), wire::Declined{ref_of(1, 9), "not this one"});
    from(peer_of("w1"), wire::Declined{ref_of(7), "never heard of"});
    from(peer_of("w2"), wire::Started{{ref_of(1)}});
    from(peer_of("w1"), wire::Started{{ref_of(1), ref_of(1, 2), ref_of(7)}});  // it runs already
}

TEST_F(DispatchAssign, AsksAStrangerForItsHello) {
    from("nobody", wire::Credit{1, 1, 10});
    from("nobody", wire::Started{{ref_of(1)}});
    from("nobody", wire::Declined{ref_of(1), "no"});
    from("nobody", beat_of({}));
    for (int i = 0; i < 4; ++i) { take<wire::Rehello>("nobody"); }
    join("w1");
    credit("w1", 2, 9, 77);  // a credit of another incarnation
    take<wire::Rehello>(peer_of("w1"));
}

}  // namespace
}  // namespace nias::core
