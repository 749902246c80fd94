// The tasks that an executor has and has not begun.
#include "service/worker/waiting_tasks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nias::service {
namespace {

using testing::ElementsAre;

Task task_of(unsigned n) {
    Task task;
    task.id.bytes[14] = static_cast<std::uint8_t>(n >> 8U);
    task.id.bytes[15] = static_cast<std::uint8_t>(n);
    task.attempt = 1;
    return task;
}
AttemptRef ref_of(unsigned n) { return {task_of(n).id, 1}; }
std::vector<Task> tasks_of(unsigned first, unsigned last) {
    std::vector<Task> out;
    for (unsigned n = first; n <= last; ++n) { out.push_back(task_of(n)); }
    return out;
}

class Waiting : public WaitingTasks {
public:
    Task take() {
        WaitingTasks::dequeue(taken_);
        return taken_.task;
    }

private:
    Taken taken_;
};

TEST(WaitingTasks, AreTakenInOrderHoweverTheyCame) {
    Waiting waiting;
    unsigned taken = 0;
    for (unsigned n = 1; n <= 1000; n += 5) {
        waiting.add(tasks_of(n, n + 4));
        for (unsigned i = 0; i < 1 + n % 8 && !waiting.empty(); ++i) {
            EXPECT_EQ(waiting.take().id, task_of(++taken).id);
        }
    }
    while (!waiting.empty()) { EXPECT_EQ(waiting.take().id, task_of(++taken).id); }
    EXPECT_EQ(taken, 1000U);
}

TEST(WaitingTasks, AreWholeWhoeverTakesThem) {
    WaitingTasks waiting;
    std::vector<Task> tasks = tasks_of(1, 40);
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        tasks[i].payload.assign(i % 4, static_cast<std::uint8_t>(i));
        tasks[i].owner = i < 20 ? "ana" : "rui";
        if (i % 7 == 0) { tasks[i].spec.time_limit_ms = 100; }
    }
    waiting.add(tasks);
    WaitingTasks::Taken takers[3];
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        WaitingTasks::Taken& taker = takers[i % 5 % 3];
        waiting.dequeue(taker);
        EXPECT_EQ(taker.task, tasks[i]);
    }
    EXPECT_TRUE(waiting.empty());
}

TEST(WaitingTasks, TellOnceOfOneThatWasStopped) {
    Waiting waiting;
    waiting.add(tasks_of(1, 3));
    (void)waiting.take();
    waiting.stop(ref_of(1));  // has begun
    waiting.stop(ref_of(2));
    waiting.stop(ref_of(2));
    EXPECT_EQ(waiting.take().id, task_of(2).id);
    EXPECT_TRUE(waiting.was_stopped(ref_of(2)));
    EXPECT_FALSE(waiting.was_stopped(ref_of(2)));
    (void)waiting.take();
    EXPECT_FALSE(waiting.was_stopped(ref_of(3)));
}

TEST(WaitingTasks, GiveOutThoseThatAreWantedAndKeepTheOrderOfTheRest) {
    Waiting waiting;
    waiting.add(tasks_of(1, 6));
    (void)waiting.take();
    waiting.stop(ref_of(4));
    const auto even = [](const AttemptRef& ref) { return ref.id.bytes[15] % 2 == 0; };
    EXPECT_THAT(waiting.remove(even), ElementsAre(ref_of(2), ref_of(4), ref_of(6)));
    EXPECT_FALSE(waiting.was_stopped(ref_of(4)));
    waiting.add(tasks_of(7, 7));
    for (const unsigned n : {3U, 5U, 7U}) { EXPECT_EQ(waiting.take().id, task_of(n).id); }
    EXPECT_TRUE(waiting.empty());
}

TEST(WaitingTasks, AreNoneOnceTheyAreCleared) {
    Waiting waiting;
    waiting.add(tasks_of(1, 3));
    waiting.stop(ref_of(1));
    waiting.clear();
    EXPECT_TRUE(waiting.empty());
    EXPECT_FALSE(waiting.was_stopped(ref_of(1)));
}

}  // namespace
}  // namespace nias::service
