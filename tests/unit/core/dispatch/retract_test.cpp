// Attempts that wait in one worker's window while another worker is free, and come back from there.
#include "unit/core/dispatch/lab.hpp"

namespace nias::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class DispatchRetract : public DispatchLab {
protected:
    /// A worker of one slot whose window holds these tasks; the first of them runs.
    void fill(const std::string& worker, std::vector<Task> tasks) {
        wire::Hello hello = hello_of(worker);
        hello.slots = 1;
        join(hello, 100);
        const AttemptRef first{tasks.front().id, 1};
        submit(std::move(tasks));
        assign();
        from(peer_of(worker), wire::Started{{first}});
        forget_effects();
    }
    /// With as many slots free, the next time that dispatch looks.
    void join_free(const std::string& worker, std::uint32_t slots = 1) {
        wire::Hello hello = hello_of(worker);
        hello.slots = slots;
        join(hello, slots);
        pass(options_.beat / 4);
    }
    /// Two beats in which nothing is asked for, and both workers are heard.
    void wait_two_beats() {
        for (int half = 0; half < 4; ++half) {
            pass(options_.beat / 2);
            hear("w1");
            assign();
            nothing_left();
        }
    }
    void hear(const std::string& worker) { from(peer_of(worker), wire::Started{{}}); }
    std::vector<AttemptRef> asked_of(const std::string& worker) {
        return take<wire::Retract>(peer_of(worker)).attempts;
    }
};

TEST_F(DispatchRetract, GivesTheYoungestTaskThatWaitsToTheWorkerThatIsFree) {
    fill("w1", {task_of(1), task_of(2), task_of(3)});
    wait_two_beats();
    join_free("w2");
    assign();
    EXPECT_THAT(asked_of("w1"), ElementsAre(ref_of(3)));
    from(peer_of("w1"), wire::Retracted{{ref_of(3)}});
    EXPECT_EQ(take_requeued(3, 2).reason, "") << "no fault is counted";
    assign();
    const Given given = take_given("w2");
    ASSERT_EQ(given.tasks.tasks.size(), 1U);
    EXPECT_EQ(given.tasks.tasks[0].id, id_of(3));
    EXPECT_EQ(given.tasks.tasks[0].attempt, 2U);
    forget_effects();
}

TEST_F(DispatchRetract, UsesUpNoAttempt) {
    std::vector<Task> tasks{task_of(1), with_attempts(2, 1)};
    fill("w1", std::move(tasks));
    wait_two_beats();
    join_free("w2");
    assign();
    EXPECT_THAT(asked_of("w1"), ElementsAre(ref_of(2)));
    from(peer_of("w1"), wire::Retracted{{ref_of(2)}});
    take_requeued(2, 2);
    assign();
    take_given("w2");
    outcomes("w2", {outcome_of(2, 2)});
    forget_effects();
    EXPECT_EQ(core_->alive(), 1U);
}

TEST_F(DispatchRetract, AsksForNothingThatCameLessThanABeatAgo) {
    fill("w1", {task_of(1), task_of(2)});
    join_free("w2");
    assign();
    nothing_left();
}

TEST_F(DispatchRetract, AsksForNothingWhileTasksComeAndGo) {
    fill("w1", {task_of(1), task_of(2), task_of(3)});
    join("w2", 0);
    for (unsigned n = 1; n < 40; ++n) {  // three at a time, each there for three quarters of a beat
        pass(options_.beat / 4);
        outcomes("w1", {outcome_of(n)});
        submit({task_of(n + 3)});
        hear("w1");
        hear("w2");
        assign();
        forget_effects();
    }
    credit("w2", 2, 1);
    pass(options_.beat / 4);
    assign();
    nothing_left();
}

TEST_F(DispatchRetract, AsksForNoMoreThanCouldStartAtOnce) {
    fill("w1", {task_of(1), task_of(2), task_of(3), task_of(4), task_of(5)});
    wait_two_beats();
    join_free("w2", 2);
    assign();
    EXPECT_THAT(asked_of("w1"), ElementsAre(ref_of(5), ref_of(4)));
}

TEST_F(DispatchRetract, AsksForNothingThatTheFreeWorkerCannotRun) {
    Task python = task_of(2);
    python.spec.runtime = "python";
    fill("w1", {task_of(1), python, claiming(3, {.cpus = 2, .gpus = 0, .memory_bytes = 0})});
    wait_two_beats();
    wire::Hello other = hello_of("w2");
    other.cpus = 1;
    other.runtimes = {};
    join(other, 1);
    pass(options_.beat / 4);
    assign();
    nothing_left();
}

TEST_F(DispatchRetract, LeavesTheOldestForTheSlotsOfTheWorkerThatHasThem) {
    wire::Hello hello = hello_of("w1");
    hello.slots = 2;
    join(hello, 10);
    submit({task_of(1), task_of(2), task_of(3)});
    assign();
    forget_effects();
    wait_two_beats();
    join_free("w2", 4);
    assign();
    EXPECT_THAT(asked_of("w1"), ElementsAre(ref_of(3))) << "nobody has to say Started";
}

TEST_F(DispatchRetract, AsksAgainAfterABeatWhenNoAnswerCame) {
    fill("w1", {task_of(1), task_of(2)});
    wait_two_beats();
    join_free("w2");
    assign();
    asked_of("w1");
    pass(options_.beat / 2);
    assign();
    nothing_left();
    pass(options_.beat / 2);
    assign();
    EXPECT_THAT(asked_of("w1"), ElementsAre(ref_of(2)));
}

TEST_F(DispatchRetract, AsksNoMoreForWhatHasBegun) {
    fill("w1", {task_of(1), task_of(2)});
    wait_two_beats();
    join_free("w2");
    assign();
    asked_of("w1");
    from(peer_of("w1"), wire::Started{{ref_of(2)}});
    forget_effects();
    pass(2 * options_.beat);
    hear("w2");
    assign();
    nothing_left();
}

TEST_F(DispatchRetract, FencesTheAttemptThatWasTakenBack) {
    fill("w1", {task_of(1), task_of(2)});
    wait_two_beats();
    join_free("w2");
    assign();
    asked_of("w1");
    from(peer_of("w1"), wire::Retracted{{ref_of(2)}});
    from(peer_of("w1"), wire::Retracted{{ref_of(2)}});  // doubled
    assign();
    take_given("w2");
    forget_effects();
    outcomes("w1", {outcome_of(2, 1)});  // its worker ran it all the same
    EXPECT_THAT(take<wire::Settled>(peer_of("w1")).attempts, ElementsAre(ref_of(2)));
    EXPECT_EQ(core_->fenced(), 1U);
    outcomes("w2", {outcome_of(2, 2)});
    EXPECT_EQ(take_end(2, TaskState::succeeded).attempt, 2U);
    forget_effects();
}

TEST_F(DispatchRetract, FindsALostAnswerByTheDigestOfTheNextBeats) {
    fill("w1", {task_of(1), task_of(2)});
    wait_two_beats();
    join_free("w2");
    assign();
    asked_of("w1");
    for (int beat = 0; beat < 3; ++beat) { from(peer_of("w1"), beat_of({ref_of(1)})); }
    forget_effects();
    wire::Hello hello = hello_of("w1");
    hello.held = {ref_of(1)};
    from(peer_of("w1"), hello);
    EXPECT_EQ(take_requeued(2, 2).reason, "") << "no fault is counted";
    take<wire::Welcome>(peer_of("w1"));
}

TEST_F(DispatchRetract, TakesNothingBackFromStrangersOrOfOthers) {
    fill("w1", {task_of(1), task_of(2)});
    join_free("w2");
    from("nobody", wire::Retracted{{ref_of(2)}});
    take<wire::Rehello>("nobody");
    from(peer_of("w2"), wire::Retracted{{ref_of(2), ref_of(9)}});
    from(peer_of("w1"), wire::Retracted{{ref_of(2, 7)}});
    from(peer_of("w1"), wire::Retracted{{ref_of(1)}});  // it runs
}

TEST_F(DispatchRetract, EndsATaskThatWasCancelledMeanwhile) {
    fill("w1", {task_of(1), task_of(2)});
    wait_two_beats();
    join_free("w2");
    assign();
    asked_of("w1");
    cancel(2);
    take<wire::Drop>(peer_of("w1"));
    from(peer_of("w1"), wire::Retracted{{ref_of(2)}});
    take_end(2, TaskState::cancelled);
}

TEST_F(DispatchRetract, AsksNoWorkerThatIsSilentOrDrains) {
    fill("w1", {task_of(1), task_of(2)});
    from(peer_of("w1"), beat_of({ref_of(1), ref_of(2)}, true));
    take<wire::Beat>(peer_of("w1"));
    pass(2 * options_.beat);
    join_free("w2");
    assign();
    nothing_left();
    from(peer_of("w1"), beat_of({ref_of(1), ref_of(2)}));
    take<wire::Beat>(peer_of("w1"));
    pass(options_.suspect + options_.beat);
    hear("w2");
    assign();
    nothing_left();
}

}  // namespace
}  // namespace nias::core
