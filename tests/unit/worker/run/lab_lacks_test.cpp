#include "worker/run/lab_lacks.hpp"

#include <gtest/gtest.h>

#include "base/ids.hpp"

namespace nias::worker {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

TEST(LabLacks, MakeATaskWaitTwiceAsLongEachTimeUpToTheMost) {
    LabLacks lacks(10, 300);
    const TaskId task = make_task_id(1);
    const Time begin{hours(100)};
    for (const std::uint32_t expected : {10U, 20U, 40U, 80U, 160U, 300U, 300U}) {
        EXPECT_EQ(lacks.next_wait_s(task, begin), expected);
    }
    EXPECT_EQ(lacks.next_wait_s(make_task_id(1), begin), 10U) << "each task has its own";
    lacks.forget(task);
    EXPECT_EQ(lacks.next_wait_s(task, begin), 10U) << "it had what it needs meanwhile";
}

TEST(LabLacks, BeginAgainWithATaskThatWasNotTriedForAnHour) {
    LabLacks lacks(10, 300);
    const TaskId task = make_task_id(1);
    EXPECT_EQ(lacks.next_wait_s(task, Time{hours(1)}), 10U);
    EXPECT_EQ(lacks.next_wait_s(task, Time{hours(2)} - seconds(1)), 20U);
    EXPECT_EQ(lacks.next_wait_s(task, Time{hours(3)}), 10U);
}

TEST(LabLacks, RememberSoManyTasksAndForgetTheOldest) {
    LabLacks lacks(10, 300);
    const TaskId first = make_task_id(1);
    const TaskId second = make_task_id(1);
    (void)lacks.next_wait_s(first, Time{hours(1)});
    (void)lacks.next_wait_s(second, Time{hours(1)} + seconds(1));
    for (std::size_t i = 1; i < LabLacks::kTasksMost; ++i) {
        (void)lacks.next_wait_s(make_task_id(2), Time{hours(1)} + seconds(2));
    }
    EXPECT_EQ(lacks.next_wait_s(second, Time{hours(1)} + seconds(3)), 20U);
    EXPECT_EQ(lacks.next_wait_s(first, Time{hours(1)} + seconds(3)), 10U);
}

TEST(LabLacks, TakeNoWaitOfNothing) {
    LabLacks lacks(0, 0);
    const TaskId task = make_task_id(1);
    EXPECT_EQ(lacks.next_wait_s(task, Time{}), 1U) << "0 would say that this machine alone is at fault";
    EXPECT_EQ(lacks.next_wait_s(task, Time{}), 1U);
}

}  // namespace
}  // namespace nias::worker
