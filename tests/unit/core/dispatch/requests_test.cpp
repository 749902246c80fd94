// The name of the request that made a task: it goes with the task, and is in a line of the log for each step.
#include "unit/core/dispatch/lab.hpp"

namespace nias::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class DispatchRequests : public DispatchLab {
protected:
    static Task requested(unsigned n, std::string request = "3f2a") {
        Task task = task_of(n);
        task.request = std::move(request);
        return task;
    }
    /// The lines since the last call, without the words that each begins with.
    std::vector<std::string> lines(unsigned n, Attempt attempt = 1) {
        const std::string begin =
            "request 3f2a: task " + to_string(id_of(n)) + ", attempt " + std::to_string(attempt) + ", ";
        std::vector<std::string> all = take_followed();
        for (std::string& line : all) {
            EXPECT_EQ(line.substr(0, begin.size()), begin);
            line.erase(0, begin.size());
        }
        return all;
    }
};

TEST_F(DispatchRequests, AreInALineForEachStepOfTheirTask) {
    join("w1");
    submit({requested(1)});
    EXPECT_THAT(lines(1), ElementsAre("accepted"));
    assign();
    EXPECT_THAT(lines(1), ElementsAre("is given to worker w1"));
    EXPECT_EQ(take_given("w1").tasks.tasks.front().request, "3f2a");
    from(peer_of("w1"), wire::Started{{ref_of(1)}});
    EXPECT_THAT(lines(1), ElementsAre("runs, worker w1"));
    from(peer_of("w1"), wire::Declined{ref_of(1), "no room"});
    EXPECT_THAT(lines(1), ElementsAre("goes back to the queue: worker w1 declined it: no room"));
    pass(options_.beat);
    assign();
    (void)take_followed();
    outcomes("w1", {outcome_of(1, 2, OutcomeStatus::failed)});
    EXPECT_THAT(lines(1, 2), ElementsAre("ended: failed, worker w1"));
    forget_effects();
}

TEST_F(DispatchRequests, AreInTheOutcomeOfATaskThatNoWorkerEnded) {
    submit({requested(1)});
    forget_effects();
    cancel(1);
    EXPECT_EQ(take_end(1, TaskState::cancelled).outcome->request, "3f2a");
}

TEST_F(DispatchRequests, AreNotWrittenForTasksThatNameNone) {
    join("w1");
    run("w1", task_of(1));
    outcomes("w1", {outcome_of(1)});
    forget_effects();
    EXPECT_THAT(take_followed(), IsEmpty());
}

TEST_F(DispatchRequests, OfARepeatMayBeAnotherAndTheTaskKeepsItsOwn) {
    submit({requested(1)});
    forget_effects();
    submit({requested(1, "77")});
    take_event(1, EventKind::accepted, TaskState::queued);
    join("w1");
    assign();
    EXPECT_EQ(take_given("w1").tasks.tasks.front().request, "3f2a");
    forget_effects();
}

}  // namespace
}  // namespace nias::core
