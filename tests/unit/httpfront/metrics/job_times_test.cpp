#include "metrics/job_times.hpp"

#include <gtest/gtest.h>

#include "base/ids.hpp"

namespace nias::httpfront {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kSent = 1'700'000'000'000;

TaskEvent end_of(std::int64_t started, std::int64_t ended, std::int64_t told) {
    Outcome outcome;
    outcome.started_unix_ms = started;
    outcome.ended_unix_ms = ended;
    return {.id = make_task_id(kSent),
            .state = TaskState::failed,
            .attempt = 1,
            .unix_ms = told,
            .outcome = std::move(outcome)};
}

TEST(JobTimes, AreThoseBetweenSendingBeginEndAndSettling) {
    EXPECT_EQ(times_of(end_of(kSent + 1500, kSent + 9500, kSent + 9530)),
              (JobTimes{.state = TaskState::failed, .waited = 1500ms, .ran = 8s, .settled = 30ms}));
}

TEST(JobTimes, OfAMemberOfAnArrayCountFromTheSendingOfTheArray) {
    TaskEvent event = end_of(kSent + 20, kSent + 30, kSent + 40);
    event.id = make_group_id(kSent).member(7);
    EXPECT_EQ(times_of(event).waited, 20ms);
}

TEST(JobTimes, AreNeverNegativeWhereClocksDiffer) {
    EXPECT_EQ(times_of(end_of(kSent - 700, kSent - 800, kSent - 900)),
              (JobTimes{.state = TaskState::failed, .waited = 0ms, .ran = 0ms, .settled = 0ms}));
}

TEST(JobTimes, AreUnknownOfAJobThatNoMachineBegan) {
    EXPECT_EQ(times_of(end_of(0, kSent + 5, kSent + 5)), JobTimes{.state = TaskState::failed});
    TaskEvent lost = end_of(1, 1, 1);
    lost.outcome.reset();
    EXPECT_EQ(times_of(lost), JobTimes{.state = TaskState::failed});
}

TEST(JobTimes, LeaveTheWaitOutWhereTheIdIsNoTimeAndTheSettlingWhereNobodySaysWhen) {
    TaskEvent event = end_of(kSent, kSent + 10, 0);
    event.id = TaskId{};
    event.id.bytes[15] = 9;
    EXPECT_EQ(times_of(event), (JobTimes{.state = TaskState::failed, .ran = 10ms}));
    event.id.bytes.fill(0xff);
    EXPECT_EQ(times_of(event).waited, std::nullopt);
}

}  // namespace
}  // namespace nias::httpfront
