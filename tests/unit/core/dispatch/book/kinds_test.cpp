// Kinds of tasks: one copy for those that are alike, as long as one of them lives.
#include "core/dispatch/book/kinds.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "unit/core/dispatch/records.hpp"

namespace nias::core {
namespace {

TEST(Kinds, AreOneForTasksThatDifferInIdAttemptAndPayloadOnly) {
    Kinds kinds;
    Kinds::Kind* const kind = kinds.join(task_of(1));
    EXPECT_EQ(kinds.join(task_of(2)), kind);
    EXPECT_EQ(kind->tasks, 2U);
    EXPECT_EQ(kind->shared.owner, "ana");
    EXPECT_EQ(kind->shared.id, TaskId{});
    EXPECT_TRUE(kind->shared.payload.empty());
    EXPECT_EQ(kinds.size(), 1U);
}

TEST(Kinds, AreFoundAgainWhateverCameBetween) {
    Kinds kinds;
    std::vector<Task> tasks;
    for (unsigned n = 0; n < 50; ++n) {
        Task task = task_of(n, "owner " + std::to_string(n % 10));
        task.spec.priority = static_cast<std::int32_t>(n / 10);  // not part of the hash
        tasks.push_back(task);
    }
    std::vector<Kinds::Kind*> made;
    for (const Task& task : tasks) { made.push_back(kinds.join(task)); }
    EXPECT_EQ(kinds.size(), tasks.size());
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        EXPECT_EQ(kinds.find(tasks[i]), made[i]);
        EXPECT_EQ(kinds.join(tasks[i]), made[i]);
        EXPECT_TRUE(wire::alike(made[i]->shared, tasks[i]));
    }
    EXPECT_EQ(kinds.size(), tasks.size());
}

TEST(Kinds, AreFoundInOneStepAmongAsManyRequests) {
    Kinds kinds;
    Task task = task_of(1);
    for (unsigned n = 0; n < 100'000; ++n) {  // with one hash for all it would take a minute
        task.request = std::to_string(n);
        (void)kinds.join(task);
    }
    EXPECT_EQ(kinds.size(), 100'000U);
    task.request = "7";
    EXPECT_EQ(kinds.find(task)->shared.request, "7");
}

TEST(Kinds, LeaveWithTheLastOfTheirTasks) {
    Kinds kinds;
    Kinds::Kind* const first = kinds.join(task_of(1));
    Kinds::Kind* const other = kinds.join(with_priority(2, 7));
    (void)Kinds::join(*first);
    kinds.leave(*first);
    EXPECT_EQ(kinds.find(task_of(3)), first);
    kinds.leave(*first);
    EXPECT_EQ(kinds.find(task_of(3)), nullptr);
    EXPECT_EQ(kinds.find(with_priority(4, 7)), other);
    kinds.leave(*other);
    EXPECT_EQ(kinds.size(), 0U);
}

}  // namespace
}  // namespace nias::core
