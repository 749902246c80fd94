// Parts that are moved, stopped twice, stopped before they run or asked after their end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nias/pipeline.hpp>
#include <nias/sink.hpp>
#include <nias/task_group.hpp>
#include <nias/ventilator.hpp>

#include <atomic>
#include <future>
#include <optional>
#include <thread>
#include <vector>

#include "service/questions.hpp"
#include "support/temp_folder.hpp"
#include "wire/limits.hpp"

using namespace std::chrono_literals;

namespace nias {
namespace {

using testing::HasSubstr;

constexpr auto kPatience = 60s;

Result<Bytes> echo(const Task& task, Context&) { return task.payload; }
Result<Bytes> waits_for_cancel(const Task&, Context& context) {
    while (!context.cancelled()) { std::this_thread::yield(); }
    return Error{ErrorCode::unavailable, "stopped"};
}
Task task_of(Bytes payload = {1}) {
    Task task;
    task.owner = "ana";
    task.payload = std::move(payload);
    return task;
}
Pipeline pipeline_of(const Worker::Handler& handler = echo) {
    auto pipeline = Pipeline::open({.drain_timeout = 0s}, handler);
    if (!pipeline) { throw std::runtime_error(pipeline.error().message); }
    return std::move(*pipeline);
}
void is_closed(const Error& error) {
    EXPECT_EQ(error.code, ErrorCode::unavailable);
    EXPECT_THAT(error.message, HasSubstr("the submitter is closed"));
}

TEST(APipelineThatIsStopped, AnswersEveryCallOfItsSubmitterAndStopsOnce) {
    Pipeline pipeline = pipeline_of();
    EXPECT_TRUE(pipeline.stop());
    EXPECT_TRUE(pipeline.stop());
    Submitter& submitter = pipeline.submitter();
    is_closed(submitter.submit(task_of()).error());
    is_closed(submitter.submit_async(task_of()).error());
    is_closed(submitter.submit_future(task_of()).get().error());
    is_closed(submitter.submit_then(task_of(), [](const Result<Outcome>&) {}).error());
    is_closed(submitter.wait(TaskId::make(), 1s).error());
    is_closed(submitter.cancel(TaskId::make()).error());
    is_closed(submitter.list({}).error());
    is_closed(submitter.state(TaskId::make()).error());
    is_closed(submitter.explain(TaskId::make()).error());
    is_closed(submitter.status().error());
    is_closed(TaskGroup::submit(submitter, {task_of()}).error());
    submitter.close();
}

TEST(APipelineThatIsStopped, TellsTheFuturesOfTasksThatHaveNotEnded) {
    Pipeline pipeline = pipeline_of(waits_for_cancel);
    auto runs = pipeline.submitter().submit_future(task_of());
    auto waits = pipeline.submitter().submit_future(task_of());
    EXPECT_TRUE(pipeline.stop());
    ASSERT_EQ(runs.wait_for(kPatience), std::future_status::ready);
    ASSERT_EQ(waits.wait_for(kPatience), std::future_status::ready);
    const auto last = waits.get();
    ASSERT_FALSE(last);
    EXPECT_EQ(last.error().code, ErrorCode::unavailable);
    EXPECT_THAT(last.error().message, HasSubstr("submitted again with the same id"));
}

TEST(APipelineThatIsMoved, GoesOnAndEndsTheOneThatStoodThere) {
    Pipeline first = pipeline_of();
    Pipeline second = pipeline_of([](const Task&, Context&) -> Result<Bytes> { return Bytes{2}; });
    auto of_first = Submitter::open(first.submitter_options());
    ASSERT_TRUE(of_first) << of_first.error().message;
    Submitter* const submitter = &second.submitter();
    first = std::move(second);
    EXPECT_EQ(&first.submitter(), submitter) << "references to the submitter stay good";
    EXPECT_EQ(first.submitter().submit_future(task_of()).get()->output, Bytes{2});
    const auto left = of_first->submit(task_of(), 50ms);
    ASSERT_FALSE(left) << "its ventilator is gone";
    EXPECT_EQ(left.error().code, ErrorCode::unavailable);
}

TEST(ASubmitterThatIsMoved, ClosesTheOneThatStoodThere) {
    Pipeline pipeline = pipeline_of(waits_for_cancel);
    auto first = Submitter::open(pipeline.submitter_options());
    auto second = Submitter::open(pipeline.submitter_options());
    ASSERT_TRUE(first && second);
    auto future = first->submit_future(task_of());
    *first = std::move(*second);
    ASSERT_EQ(future.wait_for(kPatience), std::future_status::ready);
    const auto told = future.get();
    ASSERT_FALSE(told);
    EXPECT_EQ(told.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(first->submit(task_of(), kPatience)) << "the other one goes on here";
}

TEST(PartsThatAreStoppedBeforeTheyRun, ReturnAtOnceAndInOrder) {
    const test::TempFolder folder;
    const auto at = [&](const std::string& name) { return "ipc://" + folder.path() + "/" + name; };
    auto ventilator = Ventilator::open(
        {.intake = at("i"), .control = at("c"), .events = at("e"), .durability = Durability::memory});
    ASSERT_TRUE(ventilator) << ventilator.error().message;
    auto sink = Sink::open({.outcomes = at("o"),
                            .bulk = at("b"),
                            .output = at("p"),
                            .intake = at("i"),
                            .durability = Durability::memory});
    ASSERT_TRUE(sink) << sink.error().message;
    auto worker = Worker::open({.control = at("c"), .outcomes = at("o"), .bulk = at("b"), .name = "w"});
    ASSERT_TRUE(worker) << worker.error().message;
    ventilator->stop();
    sink->stop();
    worker->stop();
    worker->stop();
    EXPECT_TRUE(worker->run(echo)) << "nobody answers its goodbye";
    EXPECT_TRUE(sink->run());
    EXPECT_TRUE(ventilator->run());
    EXPECT_EQ(ventilator->bound().intake, at("i"));
    EXPECT_EQ(sink->bound().output, at("p"));
}

TEST(CallsOfManyThreads, AreAnsweredEachWithItsOwnOutcome) {
    Pipeline pipeline = pipeline_of();
    std::atomic<int> right{0};
    std::vector<std::thread> threads;
    for (std::uint8_t thread = 0; thread < 8; ++thread) {
        threads.emplace_back([&, thread] {
            for (std::uint8_t n = 0; n < 25; ++n) {
                const auto id = pipeline.submitter().submit(task_of({thread, n}), kPatience);
                const auto outcome =
                    id ? pipeline.submitter().wait(*id, kPatience) : Result<Outcome>(id.error());
                right += outcome && outcome->output == Bytes{thread, n} ? 1 : 0;
            }
        });
    }
    for (std::thread& thread : threads) { thread.join(); }
    EXPECT_EQ(right.load(), 8 * 25);
}

TEST(CallsOfManyThreads, ThatWaitForOneTaskAreAllToldOfItsEnd) {
    std::promise<void> lets_go;
    Pipeline pipeline =
        pipeline_of([gone = lets_go.get_future().share()](const Task& task, Context&) -> Result<Bytes> {
            gone.wait();
            return task.payload;
        });
    const auto id = pipeline.submitter().submit(task_of({9}), kPatience);
    ASSERT_TRUE(id) << id.error().message;
    EXPECT_EQ(pipeline.submitter().wait(*id, 1ms).error().code, ErrorCode::unavailable) << "it runs";
    std::vector<std::future<Result<Outcome>>> waits;
    for (int i = 0; i < 6; ++i) {
        waits.push_back(
            std::async(std::launch::async, [&] { return pipeline.submitter().wait(*id, kPatience); }));
    }
    lets_go.set_value();
    for (auto& one : waits) {
        const auto outcome = one.get();
        ASSERT_TRUE(outcome) << outcome.error().message;
        EXPECT_EQ(outcome->output, Bytes{9});
    }
    EXPECT_TRUE(pipeline.submitter().wait(*id, kPatience)) << "it is kept for later calls";
}

TEST(AWatcher, FollowsNoMoreTasksThanItsBoundAndATaskOnceHoweverOftenItIsNamed) {
    Pipeline pipeline = pipeline_of();
    auto watcher = Watcher::open(pipeline.watcher_options(), {});
    ASSERT_TRUE(watcher) << watcher.error().message;
    constexpr std::uint32_t kFollowed = 65'536;
    const TaskId group = TaskId::make_group();
    for (std::uint32_t i = 0; i < kFollowed; ++i) { ASSERT_TRUE(watcher->follow(group.member(i))) << i; }
    EXPECT_TRUE(watcher->follow(group.member(7))) << "it is followed already";
    const auto more = watcher->follow(group.member(kFollowed));
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().code, ErrorCode::overloaded);
    EXPECT_THAT(more.error().message, HasSubstr("65536 tasks are followed"));
}

TEST(Questions, ThatCannotBeAnsweredAreRefusedInWords) {
    const test::TempFolder folder;
    const std::string nobody = "ipc://" + folder.path() + "/nobody";
    const auto silent = service::explain(nobody, TaskId::make(), 20ms);
    ASSERT_FALSE(silent);
    EXPECT_EQ(silent.error().code, ErrorCode::unavailable);
    EXPECT_THAT(silent.error().message, HasSubstr(nobody));
    EXPECT_EQ(service::list_workers(nobody, true, 20ms).error().code, ErrorCode::unavailable);
    EXPECT_EQ(service::list_workers("nowhere", true, 20ms).error().code, ErrorCode::invalid);
    wire::Order order;
    EXPECT_THAT(service::order_worker(nobody, order, 20ms).error().message, HasSubstr("a worker's name"));
    order.worker = std::string(wire::kNameBytesMax + 1, 'w');
    EXPECT_EQ(service::order_worker(nobody, order, 20ms).error().code, ErrorCode::invalid);
    order.worker = "w";
    order.reason = std::string(wire::kNoteBytesMax + 1, 'r');
    EXPECT_THAT(service::order_worker(nobody, order, 20ms).error().message,
                HasSubstr("the reason is longer"));
    order.reason.clear();
    EXPECT_EQ(service::order_worker(nobody, order, 20ms).error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace nias
