// An array as one job: the state and the times of the whole.
#include "store/ledger/job_view.hpp"

#include <gtest/gtest.h>

namespace nias::store {
namespace {

using enum TaskState;

GroupCounts counts_of(std::initializer_list<std::pair<TaskState, std::uint64_t>> members) {
    GroupCounts counts;
    for (const auto& [state, count] : members) { counts.tasks.at(static_cast<std::size_t>(state)) = count; }
    return counts;
}

TEST(JobView, OfAnArrayHasTheIdOfTheArrayAndNothingOfItsFirstMemberAlone) {
    TaskRecord member;
    member.task.group = TaskId::make_group();
    member.task.id = member.task.group.member(3);
    member.task.spec.name = "sweep";
    member.task.attempt = 2;
    member.state = failed;
    member.worker = "lab1";
    member.reason = "exit code 1";
    member.outcome.emplace();
    member.ended_unix_ms = 5;
    const GroupStanding standing{counts_of({{failed, 1}, {running, 2}}), 7, 9};
    const JobView view(member, standing);
    EXPECT_EQ(view.record.task.id, member.task.group);
    EXPECT_EQ(view.record.task.spec.name, "sweep");
    EXPECT_EQ(view.record.state, running);
    EXPECT_EQ(view.record.started_unix_ms, 7);
    EXPECT_EQ(view.record.ended_unix_ms, 0) << "not before all have ended";
    EXPECT_EQ(view.record.worker + view.record.reason, "");
    EXPECT_FALSE(view.record.outcome);
    EXPECT_EQ(JobView(member, {counts_of({{failed, 3}}), 7, 9}).record.ended_unix_ms, 9);
    EXPECT_TRUE(may_be_array(view.record.task.id));
    EXPECT_FALSE(may_be_array(member.task.id));
}

}  // namespace
}  // namespace nias::store
