#include "live/soft_states.hpp"

#include <gtest/gtest.h>

namespace nias::httpfront {
namespace {

store::TaskRecord record(TaskState state, Attempt attempt) {
    store::TaskRecord made;
    made.state = state;
    made.task.attempt = attempt;
    return made;
}

TEST(SoftStates, PutWhatWasHeardOverALedgerThatLags) {
    SoftStates states;
    const Time at{};
    states.heard({}, TaskState::running, 1, at, 500);
    auto job = record(TaskState::queued, 1);
    states.apply(job, at);
    EXPECT_EQ(job.state, TaskState::running);
    EXPECT_EQ(job.started_unix_ms, 500);
}

TEST(SoftStates, NeverChangeAnEndOrALaterAttempt) {
    SoftStates states;
    const Time at{};
    states.heard({}, TaskState::running, 1, at, 500);
    auto ended = record(TaskState::succeeded, 1);
    states.apply(ended, at);
    EXPECT_EQ(ended.state, TaskState::succeeded);
    auto later = record(TaskState::queued, 2);
    states.apply(later, at);
    EXPECT_EQ(later.state, TaskState::queued);
}

TEST(SoftStates, AreForgottenOnceTheLedgerHasThem) {
    SoftStates states;
    const Time at{};
    states.heard({}, TaskState::running, 1, at, 500);
    auto job = record(TaskState::queued, 1);
    states.apply(job, at + std::chrono::seconds(3));
    EXPECT_EQ(job.state, TaskState::queued);
}

}  // namespace
}  // namespace nias::httpfront
