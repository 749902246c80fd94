// The orders of administrators about workers: pause, drain, resume. They are kept by name, over restarts.
#include "core/dispatch/machines.hpp"
#include "unit/core/dispatch/lab.hpp"

namespace nias::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using wire::OrderKind;

class DispatchOrders : public DispatchLab {
protected:
    void SetUp() override {
        DispatchLab::SetUp();
        join("w1");
        take_changes();
    }
    wire::Ordered order(OrderKind kind, const std::string& reason = {}, const std::string& worker = "w1") {
        from("admin", wire::Order{worker, kind, reason});
        return take<wire::Ordered>("admin");
    }
    wire::WorkerRow row() {
        from("admin", wire::QueryWorkers{});
        const auto all = take<wire::Workers>("admin").workers;
        return all.empty() ? wire::WorkerRow{} : all.front();
    }
    /// Nothing is given to w1 of what waits.
    void expect_idle(unsigned n) {
        submit({task_of(n)});
        assign();
        EXPECT_FALSE(has_given());
        forget_effects();
    }
};

TEST_F(DispatchOrders, APausedWorkerGetsNothingMoreAndKeepsWhatItHas) {
    submit({task_of(1)});
    assign();
    forget_effects();
    EXPECT_EQ(order(OrderKind::pause, "the fan is loud"),
              (wire::Ordered{"w1", true, "it gets nothing more, and keeps what it has"}));
    EXPECT_EQ(row().state, wire::WorkerState::paused);
    EXPECT_EQ(row().reason, "an administrator paused it: the fan is loud");
    const auto changes = take_changes();
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].change, wire::WorkerChange::paused);
    expect_idle(2);
    outcomes("w1", {outcome_of(1)});
    take_end(1, TaskState::succeeded);
    take<wire::Settled>(peer_of("w1"));
}

TEST_F(DispatchOrders, ADrainedWorkerIsAskedForWhatHasNotBegun) {
    run("w1", task_of(1));
    submit({task_of(2)});
    assign();
    forget_effects();
    from("admin", wire::Order{"w1", OrderKind::drain, {}});
    EXPECT_THAT(take<wire::Retract>(peer_of("w1")).attempts, ElementsAre(ref_of(2)));
    EXPECT_TRUE(take<wire::Ordered>("admin").done);
    EXPECT_EQ(row().state, wire::WorkerState::draining);
    EXPECT_EQ(row().reason, "an administrator drains it");
    from(peer_of("w1"), wire::Retracted{{ref_of(2)}});
    EXPECT_EQ(take_requeued(2, 2).reason, "") << "no attempt is used up";
    outcomes("w1", {outcome_of(1)});
    take_end(1, TaskState::succeeded);
    take<wire::Settled>(peer_of("w1"));
    expect_idle(3);
    join(hello_of("w2", 2), 4);
    assign();
    EXPECT_THAT(take_numbers("w2"), ElementsAre(2, 3));
    forget_notes();
}

TEST_F(DispatchOrders, AreToldToTheWorkerWithItsBeats) {
    order(OrderKind::drain);
    from(peer_of("w1"), beat_of({}));
    EXPECT_TRUE(take<wire::Beat>(peer_of("w1")).draining);
    order(OrderKind::resume);
    from(peer_of("w1"), beat_of({}));
    EXPECT_FALSE(take<wire::Beat>(peer_of("w1")).draining);
}

TEST_F(DispatchOrders, EndWithResumeWhichSaysWhatWasOrderedAndWhy) {
    order(OrderKind::drain, "moving house");
    expect_idle(1);
    EXPECT_EQ(order(OrderKind::resume), (wire::Ordered{"w1", true, "it was drained: moving house"}));
    EXPECT_EQ(row().state, wire::WorkerState::ready);
    assign();
    EXPECT_THAT(take_numbers("w1"), ElementsAre(1));
    forget_notes();
    EXPECT_EQ(order(OrderKind::resume), (wire::Ordered{"w1", false, "it is not paused"}));
}

TEST_F(DispatchOrders, LastWhenTheWorkerIsGoneAndComesAgain) {
    order(OrderKind::pause);
    from(peer_of("w1"), wire::Goodbye{1, {}, {}});
    take<wire::Goodbye>(peer_of("w1"));
    join(hello_of("w1", 2), 4);
    EXPECT_EQ(row().state, wire::WorkerState::paused);
    expect_idle(1);
}

TEST_F(DispatchOrders, MayBeGivenAboutAWorkerThatIsGoneAndAboutNoStranger) {
    from(peer_of("w1"), wire::Goodbye{1, {}, {}});
    take<wire::Goodbye>(peer_of("w1"));
    EXPECT_TRUE(order(OrderKind::pause).done);
    EXPECT_EQ(order(OrderKind::pause, {}, "w2"),
              (wire::Ordered{"w2", false, "no worker of that name is or was connected"}));
    EXPECT_EQ(take_orders().size(), 1U) << "what was refused is not kept";
}

TEST_F(DispatchOrders, AreJournalledAndStandAfterARestart) {
    order(OrderKind::drain, "moving house");
    const auto kept = take_orders();
    EXPECT_THAT(kept, ElementsAre(JournalOrder{"w1", OrderKind::drain, "moving house", when_.unix_ms}));
    open();
    core_->recover(kept.front());
    join(hello_of("w1", 2), 4);
    EXPECT_EQ(row().reason, "an administrator drains it: moving house");
    expect_idle(1);
    EXPECT_TRUE(order(OrderKind::resume).done);
    EXPECT_THAT(take_orders(), ElementsAre(JournalOrder{"w1", OrderKind::resume, {}, when_.unix_ms}));
}

TEST_F(DispatchOrders, TheLastOneCounts) {
    order(OrderKind::drain);
    order(OrderKind::pause);
    EXPECT_EQ(row().state, wire::WorkerState::paused);
    order(OrderKind::drain);
    EXPECT_EQ(row().state, wire::WorkerState::draining);
}

TEST_F(DispatchOrders, AreNoMoreThanOneVentilatorKnowsWorkers) {
    for (std::size_t i = 0; i < Machines::kMachinesMax; ++i) {
        core_->recover(JournalOrder{"x" + std::to_string(i), OrderKind::pause, {}, 0});
    }
    EXPECT_THAT(order(OrderKind::pause).text, HasSubstr("resume others first"));
    EXPECT_EQ(row().state, wire::WorkerState::ready);
    EXPECT_TRUE(order(OrderKind::drain, {}, "x7").done) << "one that stands can be changed";
}

TEST_F(DispatchOrders, ASilentWorkerIsSilentFirstAndStandsAsOrderedOnceItIsHeard) {
    run("w1", task_of(1));
    order(OrderKind::pause);
    pass(options_.lease + seconds(1));
    EXPECT_EQ(row().state, wire::WorkerState::silent);
    EXPECT_THAT(row().reason, HasSubstr("1 task that it has is waited for"));
    from(peer_of("w1"), beat_of({ref_of(1)}));
    forget_effects();
    EXPECT_EQ(row().state, wire::WorkerState::paused);
}

}  // namespace
}  // namespace nias::core
