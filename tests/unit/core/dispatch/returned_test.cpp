// How long a silent worker is waited for, and what becomes of its attempts when it comes back.
#include <functional>

#include "unit/core/dispatch/lab.hpp"

namespace nias::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DispatchLease : public DispatchLab {
protected:
    /// The worker beats so long, and holds this.
    void beat_for(Duration time, const std::string& worker, unsigned n) {
        const Time until = when_.now + time;
        while (when_.now < until) {
            pass(std::min<Duration>(options_.beat, until - when_.now));
            from(peer_of(worker), beat_of({ref_of(n)}));
            take<wire::Beat>(peer_of(worker));
        }
    }
    [[nodiscard]] bool is_kept() const { return core_->queued() == 0 && core_->alive() == 1; }
};

TEST_F(DispatchLease, OfWhatHasNotBegunIsShort) {
    join("w1");
    submit({task_of(1)});
    assign();
    forget_effects();
    pass(options_.lease);
    EXPECT_TRUE(is_kept());
    pass(seconds(1));
    EXPECT_FALSE(is_kept());
    forget_effects();
}

TEST_F(DispatchLease, OfWhatRunsIsAsLongAsItHasRun) {
    join("w1");
    run("w1", task_of(1));
    beat_for(seconds(300), "w1", 1);
    pass(seconds(299));
    EXPECT_TRUE(is_kept());
    nothing_left();
    pass(seconds(3));
    EXPECT_THAT(take_requeued(1, 1).reason, HasSubstr("worker w1 was silent for 30"));
}

TEST_F(DispatchLease, OfWhatRunsIsTwiceTheShortOneAtLeast) {
    join("w1");
    run("w1", task_of(1));
    pass(2 * options_.lease);
    EXPECT_TRUE(is_kept());
    pass(seconds(1));
    EXPECT_FALSE(is_kept());
    forget_effects();
}

TEST_F(DispatchLease, OfWhatRunsHasAMost) {
    options_.lease_max = seconds(60);
    open();
    join("w1");
    run("w1", task_of(1));
    beat_for(seconds(300), "w1", 1);
    pass(seconds(60));
    EXPECT_TRUE(is_kept());
    pass(seconds(1));
    EXPECT_FALSE(is_kept());
    forget_effects();
}

TEST_F(DispatchLease, IsTheTasksOwnWhereItAsks) {
    Task task = task_of(1);
    task.spec.lease_s = 3'600;  // longer than the lab's most
    join("w1");
    run("w1", std::move(task));
    pass(seconds(3'600));
    EXPECT_TRUE(is_kept());
    pass(seconds(1));
    EXPECT_FALSE(is_kept());
    forget_effects();
}

TEST_F(DispatchLease, OfATaskThatAsksForLessIsTheShortOne) {
    Task task = task_of(1);
    task.spec.lease_s = 1;
    join("w1");
    run("w1", std::move(task));
    beat_for(seconds(300), "w1", 1);
    pass(options_.lease);
    EXPECT_TRUE(is_kept()) << "a worker that is silent for so long is not lost yet";
    pass(seconds(1));
    EXPECT_FALSE(is_kept());
    forget_effects();
}

TEST_F(DispatchLease, OfEachAttemptIsItsOwn) {
    join("w1");
    run("w1", task_of(1));
    beat_for(seconds(120), "w1", 1);
    submit({task_of(2)});
    assign();
    forget_effects();
    pass(options_.lease + seconds(1));
    EXPECT_THAT(take_requeued(2, 1).reason, HasSubstr("worker w1 was silent for 15 s"));
    EXPECT_EQ(core_->queued(), 1U) << "the one that runs is waited for";
    pass(seconds(120));
    forget_effects();
    EXPECT_EQ(core_->queued(), 2U);
}

class DispatchReturn : public DispatchLab {
protected:
    void SetUp() override {
        DispatchLab::SetUp();
        join("w1");
    }
    /// Attempt 1 runs with w1, and is lost from sight.
    void lose(Task task = task_of(1)) {
        run("w1", std::move(task));
        pass(2 * options_.lease + seconds(1));
        forget_effects();
    }
    /// w1 is back, with attempt 1 of task 1, which has run so long.
    std::vector<AttemptRef> come_back(std::uint32_t ran_s = 50) {
        wire::Hello hello = hello_of("w1");
        hello.held = {ref_of(1)};
        hello.ran_s = {ran_s};
        from(peer_of("w1"), hello);
        return dropped();
    }
    /// Takes the next Welcome to w1, and gives back what it drops.
    std::vector<AttemptRef> dropped() { return take<wire::Welcome>(peer_of("w1")).drop; }
    /// Attempt 2 is with w2, and has not begun.
    void give_to_w2() {
        join(hello_of("w2", 2), 4);
        assign();
        EXPECT_EQ(take_given("w2").tasks.tasks.front().attempt, 2U);
        forget_effects();
    }
    std::string explained() { return core_->explain(id_of(1), when_.now).value_or("not known"); }
};

TEST_F(DispatchReturn, TakesARunningAttemptBackWhileItsTaskWaitsAndForgetsTheLoss) {
    lose();
    EXPECT_THAT(come_back(), IsEmpty());
    const auto entry = take_journal<JournalState>(1);
    EXPECT_EQ(entry.attempt, 1U);
    EXPECT_EQ(entry.state, TaskState::running);
    EXPECT_EQ(entry.reason, "") << "its loss did not last";
    EXPECT_FALSE(entry.soft) << "a restart would count it otherwise";
    take_event(1, EventKind::state, TaskState::running);
    EXPECT_EQ(core_->queued(), 0U);
    outcomes("w1", {outcome_of(1)});
    EXPECT_EQ(take_end(1, TaskState::succeeded).attempt, 1U);
    take<wire::Settled>(peer_of("w1"));
}

TEST_F(DispatchReturn, LosesAnAttemptAsOftenAsTheLineIsCutAndUsesUpNone) {
    lose(with_attempts(1, 2));
    for (int cut = 0; cut < 5; ++cut) {
        EXPECT_THAT(come_back(static_cast<std::uint32_t>(1 + cut)), IsEmpty());
        forget_effects();
        pass(2 * options_.lease + seconds(1));
        EXPECT_EQ(core_->queued(), 1U) << "cut " << cut;
        forget_effects();
    }
}

TEST_F(DispatchReturn, AsksALaterAttemptBackThatHasNotBegunAndThenHasTheEarlierOne) {
    lose();
    give_to_w2();
    wire::Hello hello = hello_of("w1");
    hello.held = {ref_of(1)};
    hello.ran_s = {50};
    from(peer_of("w1"), hello);
    EXPECT_THAT(take<wire::Retract>(peer_of("w2")).attempts, ElementsAre(ref_of(1, 2)));
    EXPECT_THAT(dropped(), IsEmpty());
    nothing_left();
    from(peer_of("w2"), wire::Retracted{{ref_of(1, 2)}});
    take_requeued(1, 3);
    const auto entry = take_journal<JournalState>(1);
    EXPECT_EQ(entry.attempt, 1U);
    EXPECT_EQ(entry.worker, "w1");
    EXPECT_EQ(entry.state, TaskState::running);
    EXPECT_GE(entry.issued, 2U) << "the number that was given out stays known";
    EXPECT_FALSE(entry.soft);
    EXPECT_EQ(take_event(1, EventKind::state, TaskState::running).attempt, 1U);
    outcomes("w1", {outcome_of(1)});
    EXPECT_EQ(take_end(1, TaskState::succeeded).attempt, 1U);
    take<wire::Settled>(peer_of("w1"));
}

TEST_F(DispatchReturn, IsKeptInTheLedgerUntilALaterAttemptHasBegun) {
    lose();
    join(hello_of("w2", 2), 4);
    assign();
    take_given("w2");
    const auto given = take_journal<JournalState>(1);
    EXPECT_EQ(given.open, std::vector<Attempt>{1});
    EXPECT_FALSE(given.soft);
    forget_effects();
    EXPECT_EQ(core_->standing(id_of(1), TaskState::assigned, 2)->open, std::vector<Attempt>{1});
    from(peer_of("w2"), wire::Started{{ref_of(1, 2)}});
    EXPECT_EQ(take_journal<JournalState>(1).open, std::vector<Attempt>());
    forget_effects();
}

TEST_F(DispatchReturn, IsNotBarredByALaterAttemptThatComesBackBeforeItBegan) {
    lose();
    give_to_w2();
    pass(options_.lease + seconds(1));  // w2 is silent as well
    forget_effects();
    wire::Hello hello = hello_of("w2", 2);
    hello.held = {ref_of(1, 2)};
    hello.ran_s = {0};
    from(peer_of("w2"), hello);
    forget_effects();
    EXPECT_EQ(core_->queued(), 0U);
    wire::Hello earlier = hello_of("w1");
    earlier.held = {ref_of(1)};
    earlier.ran_s = {50};
    from(peer_of("w1"), earlier);
    EXPECT_THAT(take<wire::Retract>(peer_of("w2")).attempts, ElementsAre(ref_of(1, 2)));
    EXPECT_THAT(dropped(), IsEmpty());
}

TEST_F(DispatchReturn, IsBarredByALaterAttemptThatAHelloSaysHasBegun) {
    lose();
    give_to_w2();
    wire::Hello hello = hello_of("w2", 2);  // its Started was lost with the connection
    hello.held = {ref_of(1, 2)};
    hello.ran_s = {3};
    from(peer_of("w2"), hello);
    forget_effects();
    EXPECT_THAT(come_back(), ElementsAre(ref_of(1)));
}

TEST_F(DispatchReturn, NeverGivesANumberOutTwice) {
    lose();
    give_to_w2();
    wire::Hello hello = hello_of("w1");
    hello.held = {ref_of(1)};
    from(peer_of("w1"), hello);
    from(peer_of("w2"), wire::Retracted{{ref_of(1, 2)}});
    pass(2 * options_.lease + seconds(30));
    forget_effects();
    join(hello_of("w3", 3), 4);
    assign();
    EXPECT_GT(take_given("w3").tasks.tasks.front().attempt, 2U);
    forget_effects();
}

TEST_F(DispatchReturn, DropsTheEarlierAttemptOnceALaterOneHasBegun) {
    lose();
    give_to_w2();
    from(peer_of("w2"), wire::Started{{ref_of(1, 2)}});
    forget_effects();
    EXPECT_THAT(come_back(), ElementsAre(ref_of(1)));
    EXPECT_THAT(explained(), HasSubstr("w2"));
}

TEST_F(DispatchReturn, DropsTheEarlierAttemptWhereTheLaterOneBeginsBeforeItIsAskedBack) {
    lose();
    give_to_w2();
    wire::Hello hello = hello_of("w1");
    hello.held = {ref_of(1)};
    from(peer_of("w1"), hello);
    forget_effects();
    from(peer_of("w2"), wire::Started{{ref_of(1, 2)}});  // it crossed the Retract
    forget_effects();
    EXPECT_THAT(come_back(), ElementsAre(ref_of(1)));
    outcomes("w2", {outcome_of(1, 2)});
    EXPECT_EQ(take_end(1, TaskState::succeeded).attempt, 2U);
    take<wire::Settled>(peer_of("w2"));
}

TEST_F(DispatchReturn, HasTheEarlierAttemptInWhateverWayTheLaterOneIsOver) {
    const std::vector<std::function<void()>> ways{
        [&] {
            from(peer_of("w2"), wire::Declined{ref_of(1, 2), "the worker is draining"});
        },
        [&] {
            from(peer_of("w2"), wire::Goodbye{2, {}, {}});
        },
        [&] { step([&](Effects& out) { core_->revoke("w2", when_, out); }); },
        [&] { from(peer_of("w2"), hello_of("w2", 3)); },  // it restarted
        [&] { from(peer_of("w2"), hello_of("w2", 2)); },  // the frame never came
        [&] {
            for (int i = 0; i < 20; ++i) {
                pass(seconds(1));
                from(peer_of("w1"), beat_of({ref_of(1)}));
            }
        }};
    for (std::size_t i = 0; i < ways.size(); ++i) {
        open();
        forget_effects();
        join("w1");
        lose();
        give_to_w2();
        wire::Hello hello = hello_of("w1");
        hello.held = {ref_of(1)};
        from(peer_of("w1"), hello);
        forget_effects();
        ways[i]();
        forget_effects();
        EXPECT_EQ(core_->queued(), 0U) << "way " << i;
        outcomes("w1", {outcome_of(1)});
        EXPECT_EQ(take_end(1, TaskState::succeeded).attempt, 1U) << "way " << i;
        forget_effects();
    }
}

TEST_F(DispatchReturn, KeepsAnOutcomeUnansweredWhileALaterAttemptMayStillBegin) {
    lose();
    give_to_w2();
    outcomes("w1", {outcome_of(1)});
    nothing_left();  // neither taken nor settled: the worker repeats it
    EXPECT_EQ(core_->fenced(), 0U);
    from(peer_of("w2"), wire::Declined{ref_of(1, 2), "the worker is draining"});
    forget_effects();
    outcomes("w1", {outcome_of(1)});
    EXPECT_EQ(take_end(1, TaskState::succeeded).attempt, 1U);
    forget_effects();
}

TEST_F(DispatchReturn, StopsWhatWasCancelledMeanwhile) {
    lose();
    give_to_w2();
    cancel(1);
    take<wire::Drop>(peer_of("w2"));
    EXPECT_THAT(come_back(), ElementsAre(ref_of(1)));
}

TEST_F(DispatchReturn, DropsAnAttemptWhoseSeatWasGivenToAnother) {
    options_.resources = {{"matlab_seats", 1}};
    open();
    forget_effects();
    join("w1");
    Task first = task_of(1);
    first.spec.resources.counted = CountedResources({{"matlab_seats", 1}});
    Task second = task_of(2);
    second.spec.resources.counted = first.spec.resources.counted;
    lose(first);
    join(hello_of("w2", 2), 4);
    cancel(1);  // so that the second is next
    forget_effects();
    run("w2", second);
    EXPECT_THAT(come_back(), ElementsAre(ref_of(1)));
}

TEST_F(DispatchReturn, RemembersNoMoreThanAFewOpenAttempts) {
    lose(with_attempts(1, 100));
    for (std::uint64_t i = 2; i < 20; ++i) {
        const std::string worker = "w" + std::to_string(i);
        join(hello_of(worker, i), 4);
        assign();
        EXPECT_EQ(take_given(worker).tasks.tasks.front().attempt, i);
        forget_effects();
        pass(options_.lease + seconds(1));
        forget_effects();
    }
    EXPECT_THAT(come_back(), ElementsAre(ref_of(1))) << "too many were lost since";
}

}  // namespace
}  // namespace nias::core
