// Tasks that lack what the whole lab has not at present: they wait for a time, out of everybody's way.
#include "unit/core/dispatch/lab.hpp"

namespace nias::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class DispatchHeldBack : public DispatchLab {
protected:
    /// The worker runs the task, and finds that the lab lacks what it needs.
    void run_in_vain(Task task, std::uint32_t retry_after_s) {
        const unsigned n = task.id.bytes[15];
        join("w1");
        run("w1", std::move(task));
        from(peer_of("w1"), wire::Declined{ref_of(n), "the package index is away", retry_after_s});
        forget_effects();
    }
    void give_nothing() {
        assign();
        nothing_left();
    }
    /// Time goes by, and the worker beats.
    void pass_alive(seconds time) {
        for (seconds passed{0}; passed < time; ++passed) {
            pass(seconds(1));
            from(peer_of("w1"), beat_of({}));
        }
        forget_effects();
    }
    void expect_given(unsigned n, Attempt attempt) {
        assign();
        const auto given = take_given("w1");
        EXPECT_EQ(given.tasks.tasks.front().id, id_of(n));
        EXPECT_EQ(given.tasks.tasks.front().attempt, attempt);
        forget_effects();
    }
};

TEST_F(DispatchHeldBack, AreGivenOutAgainAfterTheirTimeAndUseUpNoAttempt) {
    run_in_vain(with_attempts(1, 1), 60);
    pass_alive(seconds(59));
    join(hello_of("w2"), 4);
    give_nothing();
    pass_alive(seconds(1));
    assign();
    const auto given = take_any_given().tasks.tasks;
    ASSERT_EQ(given.size(), 1U);
    EXPECT_EQ(given.front().id, id_of(1));
    EXPECT_EQ(given.front().attempt, 2U);
    EXPECT_EQ(core_->queued(), 0U);
    forget_effects();
}

TEST_F(DispatchHeldBack, LetOthersOfTheirOwnerPassAndTheirWorkerGoOn) {
    run_in_vain(task_of(1), 60);
    submit({task_of(2)});
    forget_effects();
    expect_given(2, 1);
}

TEST_F(DispatchHeldBack, ComeBackToTheirPlaceInTheOrderOfSubmission) {
    run_in_vain(task_of(1), 2);
    submit({task_of(2), task_of(3)});
    pass_alive(seconds(2));
    assign();
    EXPECT_THAT(take_numbers("w1"), ElementsAre(1, 2, 3));
    forget_effects();
}

TEST_F(DispatchHeldBack, WaitAnHourAtMost) {
    run_in_vain(task_of(1), 0xffffffff);
    pass_alive(seconds(wire::kRetryAfterMaxS - 1));
    give_nothing();
    pass_alive(seconds(1));
    expect_given(1, 2);
}

TEST_F(DispatchHeldBack, AreSaidToWaitAndForWhat) {
    run_in_vain(task_of(1), 60);
    pass_alive(seconds(20));
    EXPECT_EQ(
        core_->explain(id_of(1), when_.now),
        "held back for 40 s, because what it needs is away for the whole lab: worker w1 declined it: the "
        "package index is away");
    EXPECT_EQ(core_->row_of(id_of(1))->text, "worker w1 declined it: the package index is away");
    from("client", wire::QueryWorkers{});
    EXPECT_EQ(take<wire::Workers>("client").workers.front().reason, "joined") << "its worker does not rest";
    pass_alive(seconds(40));
    assign();
    forget_effects();
    EXPECT_EQ(core_->row_of(id_of(1))->text, "w1");
}

TEST_F(DispatchHeldBack, CountAsQueuedSoThatNobodyFillsTheServerWithThem) {
    options_.max_queued = 1;
    open();
    run_in_vain(task_of(1), 60);
    EXPECT_EQ(core_->queued(), 1U);
    submit({task_of(2)});
    EXPECT_EQ(take_event(2, EventKind::rejected, TaskState::queued).code, wire::EventCode::queue_full);
}

TEST_F(DispatchHeldBack, AreCancelledAtOnce) {
    run_in_vain(task_of(1), 60);
    cancel(1);
    take_end(1, TaskState::cancelled);
    EXPECT_EQ(core_->alive(), 0U);
    pass_alive(seconds(61));
    give_nothing();
}

TEST_F(DispatchHeldBack, AreNotCountedAmongThoseBeforeAnothersTask) {
    run_in_vain(task_of(1), 60);
    submit({task_of(2, "bob")});
    forget_effects();
    EXPECT_THAT(*core_->explain(id_of(2), when_.now), HasSubstr("next in line"));
}

TEST_F(DispatchHeldBack, AreCancelledInsteadWhereTheirEndWasAskedFor) {
    join("w1");
    run("w1", task_of(1));
    cancel(1);
    take<wire::Drop>(peer_of("w1"));
    from(peer_of("w1"), wire::Declined{ref_of(1), "the package index is away", 60});
    take_end(1, TaskState::cancelled);
}

}  // namespace
}  // namespace nias::core
