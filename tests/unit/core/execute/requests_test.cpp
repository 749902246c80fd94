// The name of the request that made a task: in a line of the worker's log for each step, and in the outcome.
#include "unit/core/execute/lab.hpp"

namespace nias::core {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

class ExecuteRequests : public ExecuteLab {};

TEST_F(ExecuteRequests, AreInALineForEachStepUntilTheOutcomeIsSettled) {
    const auto line = [](unsigned n, const std::string& what) {
        return "request 3f2a: task " + to_string(id_of(n)) + ", attempt 1, " + what;
    };
    join();
    Task task = task_of(1);
    task.request = "3f2a";
    give({task, task_of(2)}, 2);
    take_run();
    EXPECT_THAT(take_followed(), ElementsAre(line(1, "received")));
    step([&](ExecuteEffects& out) { core_->started(ref_of(1), now_, out); });
    step([&](ExecuteEffects& out) { core_->started(ref_of(1), now_, out); });
    EXPECT_THAT(take_followed(), ElementsAre(line(1, "runs")));
    Outcome outcome = outcome_of(1);
    outcome.request = "3f2a";
    finish(outcome);
    finish(outcome_of(2));
    EXPECT_THAT(take_followed(), ElementsAre(line(1, "ended: succeeded")));
    on(wire::Settled{{ref_of(1), ref_of(2)}});
    EXPECT_THAT(take_followed(), ElementsAre(line(1, "settled")));
    forget_effects();
    make();  // the next life, which has the outcome from its outbox
    core_->restore({outcome});
    on(wire::Settled{{ref_of(1)}});
    EXPECT_THAT(take_followed(), ElementsAre(line(1, "settled")));
    forget_effects();
}

TEST_F(ExecuteRequests, AreInTheOutcomeOfATaskThatIsDroppedBeforeItBegan) {
    join();
    Task waits = task_of(3);
    waits.request = "3f2a";
    give({task_of(1), task_of(2), waits}, 3);
    take_run();
    on(wire::Drop{{ref_of(3)}});
    const auto kept = take_keep();
    ASSERT_THAT(kept, SizeIs(1));
    EXPECT_EQ(kept.front().request, "3f2a");
    forget_effects();
}

}  // namespace
}  // namespace nias::core
