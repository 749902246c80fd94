// A program asks about tasks that it, or a life of it before, has submitted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nias/pipeline.hpp>
#include <nias/task_group.hpp>

#include <atomic>
#include <future>
#include <mutex>
#include <set>
#include <thread>

#include "support/temp_folder.hpp"

using namespace std::chrono_literals;

namespace nias {
namespace {

using ::testing::HasSubstr;

constexpr auto kPatience = 60s;

Task task_of(const std::string& owner, const std::string& name) {
    Task task;
    task.owner = owner;
    task.spec.name = name;
    return task;
}

Result<Bytes> waits_for_cancel(const Task&, Context& context) {
    while (!context.cancelled()) { std::this_thread::yield(); }
    return Error{ErrorCode::unavailable, "it was cancelled"};
}

TEST(Asked, ListsTheTasksOfAGroupInEveryStateAfterARestart) {
    const test::TempFolder folder;
    const PipelineOptions options{.data_dir = folder / "data", .drain_timeout = 0s};
    TaskId id;
    TaskId first;
    {
        auto pipeline =
            Pipeline::open(options, [](const Task&, Context&) -> Result<Bytes> { return Bytes{}; });
        ASSERT_TRUE(pipeline) << pipeline.error().message;
        auto group =
            TaskGroup::submit(pipeline->submitter(), std::vector<Task>(600, task_of("ana", "sweep")));
        ASSERT_TRUE(group) << group.error().message;
        id = group->id();
        first = id.member(0);
        ASSERT_TRUE(group->wait(kPatience));
    }
    auto pipeline = Pipeline::open(options, waits_for_cancel);
    ASSERT_TRUE(pipeline) << pipeline.error().message;
    Submitter& submitter = pipeline->submitter();
    auto living = task_of("ana", "later");
    living.group = id;
    living.id = id.member(600);
    ASSERT_TRUE(submitter.submit(living, kPatience));
    ASSERT_TRUE(submitter.submit(task_of("eva", "other"), kPatience));

    const auto all = submitter.list({.group = id});
    ASSERT_TRUE(all) << all.error().message;
    ASSERT_EQ(all->size(), 601U) << "of more than two answers";
    EXPECT_EQ(all->front().id, living.id);
    EXPECT_FALSE(has_ended(all->front().state));
    std::set<std::uint32_t> places;
    for (const TaskInfo& task : *all) {
        EXPECT_EQ(task.group, id);
        EXPECT_EQ(task.owner, "ana");
        places.insert(task.id.index());
        if (task.id == living.id) { continue; }
        EXPECT_EQ(task.state, TaskState::succeeded);
        EXPECT_EQ(task.group_size, 600U);
        EXPECT_GT(task.ended_unix_ms, 0);
    }
    EXPECT_EQ(places.size(), 601U);
    EXPECT_EQ(submitter.list({.group = id, .owner = "eva"})->size(), 0U);
    EXPECT_EQ(submitter.list({.group = id, .alive = true})->size(), 1U);
    EXPECT_EQ(submitter.list({.group = TaskId::make_group()})->size(), 0U);
    EXPECT_EQ(*submitter.state(first), TaskState::succeeded);
    EXPECT_EQ(submitter.state(TaskId::make()).error().code, ErrorCode::not_found);
}

TEST(Asked, ListsWhatLivesOfAnOwnerWhoeverSubmittedIt) {
    auto pipeline = Pipeline::open({.drain_timeout = 0s}, waits_for_cancel);
    ASSERT_TRUE(pipeline);
    std::set<TaskId> submitted;
    for (int i = 0; i < 300; ++i) {
        const auto id = pipeline->submitter().submit_async(task_of("ana", "a"));
        ASSERT_TRUE(id);
        submitted.insert(*id);
    }
    ASSERT_TRUE(pipeline->submitter().submit(task_of("eva", "b"), kPatience));
    auto other = Submitter::open(pipeline->submitter_options());
    ASSERT_TRUE(other);
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    Result<std::vector<TaskInfo>> listed = other->list({.owner = "ana"});
    while (listed && listed->size() < 300 && std::chrono::steady_clock::now() < deadline) {
        listed = other->list({.owner = "ana"});
    }
    ASSERT_TRUE(listed) << listed.error().message;
    std::set<TaskId> found;
    for (const TaskInfo& task : *listed) { found.insert(task.id); }
    EXPECT_EQ(found, submitted);
    EXPECT_EQ(other->list({})->size(), 301U);
    const auto explained = other->explain(*submitted.rbegin());
    ASSERT_TRUE(explained) << explained.error().message;
    EXPECT_FALSE(explained->empty());
    EXPECT_EQ(other->explain(TaskId::make()).error().code, ErrorCode::not_found);
    EXPECT_EQ(other->list({.owner = std::string(129, 'x')}).error().code, ErrorCode::invalid);
}

TEST(Asked, SaysThatNobodyAnswersOrThatItIsACallback) {
    const test::TempFolder folder;
    auto submitter = Submitter::open({.intake = "ipc://" + folder / "i",
                                      .control = "ipc://" + folder / "c",
                                      .events = "ipc://" + folder / "e"});
    ASSERT_TRUE(submitter);
    for (const Error& error :
         {submitter->list({}, 10ms).error(), submitter->state(TaskId::make(), 10ms).error(),
          submitter->explain(TaskId::make(), 10ms).error()}) {
        EXPECT_EQ(error.code, ErrorCode::unavailable);
        EXPECT_THAT(error.message, HasSubstr(folder / "c"));
    }
    submitter->close();
    EXPECT_THAT(submitter->list({}, 10ms).error().message, HasSubstr("closed"));

    std::promise<Error> answer;
    SubmitterCallbacks callbacks;
    Submitter* called = nullptr;
    std::mutex mutex;
    callbacks.on_ended = [&](const TaskId&, TaskState, const Outcome&) {
        const std::lock_guard lock(mutex);
        answer.set_value(called->list({}).error());
    };
    auto pipeline = Pipeline::open(
        {}, [](const Task&, Context&) -> Result<Bytes> { return Bytes{}; }, callbacks);
    ASSERT_TRUE(pipeline);
    {
        const std::lock_guard lock(mutex);
        called = &pipeline->submitter();
        ASSERT_TRUE(called->submit_async(task_of("ana", "")));
    }
    auto told = answer.get_future();
    ASSERT_EQ(told.wait_for(kPatience), std::future_status::ready);
    EXPECT_EQ(told.get().code, ErrorCode::invalid);
}

TEST(Unfinished, TasksPastTheBoundWaitUntilOthersHaveEnded) {
    std::atomic<int> may_end{0};
    auto pipeline =
        Pipeline::open({.slots = 4, .window = 16}, [&](const Task&, Context& context) -> Result<Bytes> {
            while (may_end.load() <= 0 && !context.cancelled()) { std::this_thread::yield(); }
            --may_end;
            return Bytes{};
        });
    ASSERT_TRUE(pipeline);
    SubmitterOptions options = pipeline->submitter_options();
    options.unfinished_max = 10;
    auto submitter = Submitter::open(options);
    ASSERT_TRUE(submitter);
    std::atomic<int> submitted{0};
    std::vector<TaskId> ids;
    std::thread program([&] {
        for (int i = 0; i < 30; ++i) {
            const auto id = submitter->submit_async(task_of("ana", ""));
            EXPECT_TRUE(id);
            if (id) { ids.push_back(*id); }
            ++submitted;
        }
    });
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (submitter->list({.owner = "ana"})->size() < 10 && std::chrono::steady_clock::now() < deadline) {}
    EXPECT_EQ(submitter->list({.owner = "ana"})->size(), 10U) << "none has ended";
    EXPECT_EQ(submitted.load(), 10) << "so the program waits";
    may_end = 30;
    program.join();
    for (const TaskId& id : ids) { EXPECT_TRUE(submitter->wait(id, kPatience)); }
    may_end = 100;
}

// As the header says: past kKeptOutcomesMax the ventilator is asked, and one that keeps nothing has forgotten
// it too.
TEST(Outcomes, ThatNobodyWasToldAreForgottenPastTheirBoundOldestFirst) {
    auto pipeline = Pipeline::open({.slots = 2, .window = 4096},
                                   [](const Task&, Context&) -> Result<Bytes> { return Bytes{7}; });
    ASSERT_TRUE(pipeline);
    Submitter& submitter = pipeline->submitter();
    std::vector<TaskId> ids;
    for (std::size_t i = 0; i < kKeptOutcomesMax + 2'000; ++i) {
        const auto id = submitter.submit_async(task_of("ana", ""));
        ASSERT_TRUE(id);
        ids.push_back(*id);
    }
    const auto last = submitter.wait(ids.back(), kPatience);
    ASSERT_TRUE(last) << last.error().message;
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!submitter.list({})->empty() && std::chrono::steady_clock::now() < deadline) {}
    const auto kept = submitter.wait(ids[ids.size() - 1'000], kPatience);
    ASSERT_TRUE(kept) << kept.error().message;
    EXPECT_EQ(kept->output, Bytes{7});
    const auto forgotten = submitter.wait(ids.front(), kPatience);
    ASSERT_FALSE(forgotten);
    EXPECT_EQ(forgotten.error().code, ErrorCode::not_found);
    EXPECT_THAT(forgotten.error().message, HasSubstr(std::to_string(kKeptOutcomesMax)));
}

}  // namespace
}  // namespace nias
