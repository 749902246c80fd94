// Busy workers are told of the tasks that they may be given next.
#include "unit/core/dispatch/lab.hpp"

namespace nias::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class DispatchUpcoming : public DispatchLab {
protected:
    /// A worker that prepares as many tasks as it has slots, each of which has one of these tasks.
    void fill(const std::string& worker, std::vector<Task> tasks) {
        wire::Hello hello = hello_of(worker);
        hello.slots = static_cast<std::uint32_t>(tasks.size());
        hello.prepares = hello.slots;
        join(hello, hello.slots);
        submit(std::move(tasks));
        assign();
        EXPECT_EQ(take_given(worker).tasks.tasks.size(), hello.slots);
        forget_effects();
    }
    /// Tasks that no worker has room for.
    void queue(std::vector<Task> tasks) {
        submit(std::move(tasks));
        assign();
        forget_effects();
    }
    /// The next look, at which every worker has been heard.
    void look(std::initializer_list<const char*> heard = {"w1", "w2", "w3"}) {
        for (const char* worker : heard) { from(peer_of(worker), wire::Started{{}}); }
        forget_sends();  // strangers among them are told to say hello
        pass(options_.beat / 4);
    }
    std::vector<unsigned> told(const std::string& worker) {
        std::vector<unsigned> numbers;
        for (const Task& task : take<wire::Upcoming>(peer_of(worker)).tasks) {
            numbers.push_back(task.id.bytes[15]);
        }
        return numbers;
    }
};

TEST_F(DispatchUpcoming, TellsABusyWorkerTheFirstTasksOfTheQueueAsManyAsItHasSlots) {
    fill("w1", {task_of(1), task_of(2)});
    queue({task_of(3), task_of(4), task_of(5)});
    look();
    EXPECT_THAT(told("w1"), ElementsAre(3, 4));
    EXPECT_THAT(core_->queued(), 3U) << "they wait as before";
    look();
    nothing_left();
    outcomes("w1", {outcome_of(1)});
    credit("w1", 2, 3);
    assign();
    EXPECT_THAT(take_numbers("w1"), ElementsAre(3));
    forget_effects();
    look();
    EXPECT_THAT(told("w1"), ElementsAre(4, 5));
}

TEST_F(DispatchUpcoming, TellsTheTaskWholeWithTheNumberOfItsAttempt) {
    fill("w1", {task_of(1)});
    Task next = task_of(2);
    next.payload = {1, 2};
    next.bundle = BlobRef{{}, 77};
    queue({next});
    look();
    const auto message = take<wire::Upcoming>(peer_of("w1"));
    EXPECT_EQ(message.incarnation, 1U);
    next.attempt = 1;
    ASSERT_EQ(message.tasks.size(), 1U);
    EXPECT_EQ(message.tasks[0], next);
}

TEST_F(DispatchUpcoming, StartsATaskOnTheFirstFreeWorkerWhoeverWasToldOfIt) {
    fill("w1", {task_of(1)});
    queue({task_of(2)});
    look();
    EXPECT_THAT(told("w1"), ElementsAre(2));
    join("w2", 1);
    assign();
    EXPECT_THAT(take_numbers("w2"), ElementsAre(2)) << "at once";
    forget_effects();
    look();
    EXPECT_THAT(told("w1"), IsEmpty()) << "it is to throw away what it made ready";
}

TEST_F(DispatchUpcoming, KeepsToItsWordBetweenTheEndOfATaskAndTheCreditForTheNext) {
    fill("w1", {task_of(1)});
    queue({task_of(2)});
    look();
    EXPECT_THAT(told("w1"), ElementsAre(2));
    outcomes("w1", {outcome_of(1)});
    assign();
    forget_effects();
    look();
    nothing_left();  // it may have made the task ready
    credit("w1", 2, 2);
    assign();
    EXPECT_THAT(take_numbers("w1"), ElementsAre(2));
    forget_effects();
}

TEST_F(DispatchUpcoming, SaysWhenATaskIsCancelled) {
    fill("w1", {task_of(1)});
    queue({task_of(2)});
    look();
    EXPECT_THAT(told("w1"), ElementsAre(2));
    cancel(2);
    forget_effects();
    look();
    EXPECT_THAT(told("w1"), IsEmpty());
}

TEST_F(DispatchUpcoming, TellsNothingToWorkersThatPrepareNothing) {
    wire::Hello hello = hello_of("w1");
    hello.slots = 1;
    join(hello, 1);
    submit({task_of(1), task_of(2)});
    assign();
    forget_effects();
    look();
    nothing_left();
}

TEST_F(DispatchUpcoming, TellsADrainingWorkerThatNothingComes) {
    fill("w1", {task_of(1)});
    queue({task_of(2)});
    look();
    EXPECT_THAT(told("w1"), ElementsAre(2));
    from(peer_of("w1"), beat_of({ref_of(1)}, true));
    forget_effects();
    look();
    EXPECT_THAT(told("w1"), IsEmpty());
}

TEST_F(DispatchUpcoming, TellsOnlyWhatTheWorkerCouldRun) {
    fill("w1", {task_of(1)});
    queue({claiming(2, {}, "octave"), claiming(3, {.cpus = 64}), claiming(4, {}, "python"), task_of(5)});
    look();
    EXPECT_THAT(told("w1"), ElementsAre(4)) << "it has four processors, and no Octave";
}

TEST_F(DispatchUpcoming, TellsTwoWorkersOfATaskAtMost) {
    fill("w1", {task_of(1)});
    fill("w2", {task_of(2)});
    fill("w3", {task_of(3)});
    queue({task_of(4), task_of(5), task_of(6)});
    look();
    EXPECT_THAT(told("w1"), ElementsAre(4));
    EXPECT_THAT(told("w2"), ElementsAre(4));
    EXPECT_THAT(told("w3"), ElementsAre(5));
    outcomes("w1", {outcome_of(1)});
    credit("w1", 2, 2);
    assign();
    EXPECT_THAT(take_numbers("w1"), ElementsAre(4));
    forget_effects();
    look();
    EXPECT_THAT(told("w1"), ElementsAre(5));
    EXPECT_THAT(told("w2"), ElementsAre(6));
    nothing_left();  // the third keeps what it may have made ready
}

TEST_F(DispatchUpcoming, TellsAWorkerAnewThatSaysHelloAgain) {
    fill("w1", {task_of(1)});
    queue({task_of(2)});
    look();
    EXPECT_THAT(told("w1"), ElementsAre(2));
    wire::Hello hello = hello_of("w1");
    hello.slots = hello.prepares = 1;
    hello.held = {ref_of(1)};
    join(hello, 1);
    forget_effects();
    look();
    EXPECT_THAT(told("w1"), ElementsAre(2));
}

TEST_F(DispatchUpcoming, TellsNoMoreThanAMessageHoldsWhateverAWorkerAsksFor) {
    wire::Hello hello = hello_of("w1");
    hello.slots = 1;
    hello.prepares = 1'000'000;
    join(hello, 1);
    std::vector<Task> tasks;
    for (unsigned n = 1; n <= 40; ++n) { tasks.push_back(task_of(n)); }
    submit(std::move(tasks));
    assign();
    forget_effects();
    look();
    EXPECT_EQ(told("w1").size(), wire::kUpcomingMax);
}

}  // namespace
}  // namespace nias::core
