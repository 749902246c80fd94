// Items that are sent together until each is answered.
#include "core/containers/unanswered.hpp"

#include <gtest/gtest.h>

#include <map>

#include "unit/core/dispatch/records.hpp"

namespace nias::core {
namespace {

using Tasks = Unanswered<Task>;

Task shared() {
    Task task = task_of(0);
    task.id = {};
    task.payload = {};
    return task;
}

TEST(Unanswered, SaysAgainOnlyWhatIsLeftAndTellsItsNewPlace) {
    Tasks::List list;
    Tasks& tasks = Tasks::open(list, shared());
    for (unsigned n = 0; n < 10; ++n) { EXPECT_EQ(tasks.add(id_of(n), Bytes(n % 3, 9)), n); }
    for (const std::size_t place : {0U, 3U, 4U, 9U}) { EXPECT_TRUE(tasks.answer(place)); }
    EXPECT_EQ(tasks.left(), 6U);
    std::map<TaskId, std::uint32_t> moved;
    tasks.leave_out_answered([&](const TaskId& id, std::uint32_t place) { moved[id] = place; });
    ASSERT_EQ(tasks.run().size(), 6U);
    ASSERT_EQ(moved.size(), 6U);
    std::size_t place = 0;
    for (const unsigned n : {1U, 2U, 5U, 6U, 7U, 8U}) {
        EXPECT_EQ(moved.at(id_of(n)), place);
        EXPECT_TRUE(tasks.is_open(place));
        Task expected = task_of(n);
        expected.payload = Bytes(n % 3, 9);
        EXPECT_EQ(tasks.run().item(place), expected);
        ++place;
    }
}

TEST(Unanswered, IsOverWithItsLastAnswer) {
    Tasks::List list;
    Tasks& tasks = Tasks::open(list, shared());
    (void)tasks.add(id_of(1), {});
    (void)tasks.add(id_of(2), {});
    EXPECT_TRUE(tasks.answer(1));
    EXPECT_FALSE(tasks.answer(0));
    list.erase(tasks.self);
    EXPECT_TRUE(list.empty());
}

TEST(Unanswered, WeighsWhatItsRunDoes) {
    Tasks::List list;
    Tasks& tasks = Tasks::open(list, shared());
    for (unsigned n = 0; n < 5; ++n) {
        EXPECT_EQ(tasks.bytes(), wire::weight(tasks.run()));
        (void)tasks.add(id_of(n), Bytes(100 * n, 1));
    }
    (void)tasks.answer(2);
    tasks.leave_out_answered([](const TaskId&, std::uint32_t) {});
    EXPECT_EQ(tasks.bytes(), wire::weight(tasks.run()));
}

}  // namespace
}  // namespace nias::core
