// What tasks share: one copy for those that are alike, as long as one of them lives.
#include "core/dispatch/book/heads.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "unit/core/dispatch/records.hpp"

namespace nias::core {
namespace {

TEST(Heads, AreOneForTasksThatDifferInIdAttemptAndPayloadOnly) {
    Heads heads;
    Heads::Head* const head = heads.join(task_of(1));
    EXPECT_EQ(heads.join(task_of(2)), head);
    EXPECT_EQ(head->tasks, 2U);
    EXPECT_EQ(head->shared.owner, "ana");
    EXPECT_EQ(head->shared.id, TaskId{});
    EXPECT_TRUE(head->shared.payload.empty());
    EXPECT_EQ(heads.size(), 1U);
}

TEST(Heads, AreFoundAgainWhateverCameBetween) {
    Heads heads;
    std::vector<Task> kinds;
    for (unsigned n = 0; n < 50; ++n) {
        Task task = task_of(n, "owner " + std::to_string(n % 10));
        task.spec.priority = static_cast<std::int32_t>(n / 10);  // not part of the hash
        kinds.push_back(task);
    }
    std::vector<Heads::Head*> made;
    for (const Task& task : kinds) { made.push_back(heads.join(task)); }
    EXPECT_EQ(heads.size(), kinds.size());
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        EXPECT_EQ(heads.find(kinds[i]), made[i]);
        EXPECT_EQ(heads.join(kinds[i]), made[i]);
        EXPECT_TRUE(wire::alike(made[i]->shared, kinds[i]));
    }
    EXPECT_EQ(heads.size(), kinds.size());
}

TEST(Heads, LeaveWithTheLastOfTheirTasks) {
    Heads heads;
    Heads::Head* const first = heads.join(task_of(1));
    Heads::Head* const other = heads.join(with_priority(2, 7));
    (void)Heads::join(*first);
    heads.leave(*first);
    EXPECT_EQ(heads.find(task_of(3)), first);
    heads.leave(*first);
    EXPECT_EQ(heads.find(task_of(3)), nullptr);
    EXPECT_EQ(heads.find(with_priority(4, 7)), other);
    heads.leave(*other);
    EXPECT_EQ(heads.size(), 0U);
}

}  // namespace
}  // namespace nias::core
