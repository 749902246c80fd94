// Groups of tasks: each member's end is told once, and the whole is cancelled, stopped, tried again and found
// again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nias/pipeline.hpp>
#include <nias/task_group.hpp>

#include <atomic>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "support/temp_folder.hpp"

using namespace std::chrono_literals;

namespace nias {
namespace {

using ::testing::HasSubstr;

constexpr auto kPatience = 60s;

Task task_of(std::uint32_t number) {
    Task task;
    task.owner = "ana";
    task.payload = {static_cast<std::uint8_t>(number), static_cast<std::uint8_t>(number >> 8U)};
    return task;
}
std::vector<Task> tasks_of(std::uint32_t count) {
    std::vector<Task> tasks;
    for (std::uint32_t i = 0; i < count; ++i) { tasks.push_back(task_of(i)); }
    return tasks;
}

/// Counts the runs of each member, and lets a test say what becomes of it.
class Runs {
public:
    using Answer = std::function<Result<Bytes>(std::uint32_t index, int run, Context&)>;
    explicit Runs(Answer answer) : answer_(std::move(answer)) {}
    Worker::Handler handler() {
        return [this](const Task& task, Context& context) -> Result<Bytes> {
            int run = 0;
            {
                const std::lock_guard lock(mutex_);
                run = ++runs_[task.group_index()];
            }
            return answer_ ? answer_(task.group_index(), run, context) : Result<Bytes>(task.payload);
        };
    }
    [[nodiscard]] std::map<std::uint32_t, int> all() {
        const std::lock_guard lock(mutex_);
        return runs_;
    }
    [[nodiscard]] int of(std::uint32_t index) { return all()[index]; }

private:
    Answer answer_;
    std::mutex mutex_;
    std::map<std::uint32_t, int> runs_;
};

Pipeline pipeline_of(Runs& runs, PipelineOptions options = {.slots = 4, .window = 64},
                     SubmitterCallbacks callbacks = {}) {
    auto pipeline = Pipeline::open(options, runs.handler(), std::move(callbacks));
    if (!pipeline) { throw std::runtime_error(pipeline.error().message); }
    return std::move(*pipeline);
}
TaskGroup group_of(Submitter& submitter, std::uint32_t count, const TaskGroupOptions& options = {}) {
    auto group = TaskGroup::submit(submitter, tasks_of(count), options);
    if (!group) { throw std::runtime_error(group.error().message); }
    return std::move(*group);
}
/// All ends that are not told yet, in the order in which they are told.
std::vector<MemberEnd> ends_of(TaskGroup& group) {
    std::vector<MemberEnd> ends;
    while (true) {
        auto end = group.next(kPatience);
        EXPECT_TRUE(end) << end.error().message;
        if (!end || !*end) { return ends; }
        ends.push_back(std::move(**end));
    }
}

/// A handler that waits until it is cancelled.
Result<Bytes> hangs(std::uint32_t, int, Context& context) {
    while (!context.cancelled()) { std::this_thread::yield(); }
    return Error{ErrorCode::unavailable, "it was cancelled"};
}

TEST(TaskGroups, TellTheEndOfEachMemberOnceWithItsPlace) {
    Runs runs(nullptr);
    Pipeline pipeline = pipeline_of(runs);
    TaskGroup group = group_of(pipeline.submitter(), 500);
    std::set<std::uint32_t> told;
    for (const MemberEnd& end : ends_of(group)) {
        ASSERT_TRUE(end.outcome) << end.outcome.error().message;
        EXPECT_EQ(end.outcome->output, task_of(end.index).payload);
        EXPECT_EQ(end.id.index(), end.index);
        EXPECT_TRUE(told.insert(end.index).second);
    }
    EXPECT_EQ(told.size(), 500U);
    const TaskGroupProgress progress = group.progress();
    EXPECT_EQ(progress.tasks, 500U);
    EXPECT_EQ(progress.succeeded, 500U);
    EXPECT_EQ(progress.alive, 0U);
    EXPECT_FALSE(progress.stopped);
}

TEST(TaskGroups, TellEndsInTheirOrderWhereThatIsAskedFor) {
    std::atomic<bool> first_may_end{false};
    Runs runs([&](std::uint32_t index, int, Context&) -> Result<Bytes> {
        while (index == 0 && !first_may_end) { std::this_thread::yield(); }
        return Bytes{static_cast<std::uint8_t>(index)};
    });
    Pipeline pipeline = pipeline_of(runs);
    TaskGroup group = group_of(pipeline.submitter(), 40, {.in_order = true});
    while (group.progress().succeeded < 39) { std::this_thread::yield(); }
    const auto none = group.next(1ms);
    ASSERT_FALSE(none) << "the first one has not ended";
    EXPECT_EQ(none.error().code, ErrorCode::unavailable);
    first_may_end = true;
    std::uint32_t expected = 0;
    for (const MemberEnd& end : ends_of(group)) { EXPECT_EQ(end.index, expected++); }
    EXPECT_EQ(expected, 40U);
}

TEST(TaskGroups, ThatAreCancelledEndWholeAndHarmNoOthers) {
    Runs runs(hangs);
    Pipeline pipeline = pipeline_of(runs, {.slots = 4, .window = 8});
    TaskGroup other = group_of(pipeline.submitter(), 1);
    while (runs.all().empty()) { std::this_thread::yield(); }
    TaskGroup group = group_of(pipeline.submitter(), 300);
    ASSERT_TRUE(group.cancel());
    ASSERT_TRUE(group.wait(kPatience));
    EXPECT_TRUE(group.progress().stopped);
    EXPECT_EQ(group.progress().cancelled, 300U);
    for (const MemberEnd& end : ends_of(group)) { EXPECT_EQ(end.outcome->status, OutcomeStatus::cancelled); }
    EXPECT_EQ(other.progress().alive, 1U);
    ASSERT_TRUE(group.cancel()) << "there is nothing left to cancel, and that is no fault";
    ASSERT_TRUE(other.cancel());
    ASSERT_TRUE(other.wait(kPatience));
}

TEST(TaskGroups, StopOnceMoreThanMaxFailsHaveFailed) {
    Runs runs([](std::uint32_t index, int run, Context& context) -> Result<Bytes> {
        if (index < 3) { return Error{ErrorCode::invalid, "no solution"}; }
        return hangs(index, run, context);
    });
    Pipeline pipeline = pipeline_of(runs, {.slots = 4, .window = 4});
    TaskGroup group = group_of(pipeline.submitter(), 100, {.max_fails = 2});
    ASSERT_TRUE(group.wait(kPatience));
    EXPECT_EQ(group.progress().failed, 3U);
    EXPECT_EQ(group.progress().cancelled, 97U);
    EXPECT_TRUE(group.progress().stopped);
}

TEST(TaskGroups, TryAgainWhatHasNotSucceededAndNothingElse) {
    Runs runs([](std::uint32_t index, int run, Context&) -> Result<Bytes> {
        if (index % 3 == 0 && run == 1) { return Error{ErrorCode::invalid, "not at first"}; }
        return Bytes{static_cast<std::uint8_t>(run)};
    });
    Pipeline pipeline = pipeline_of(runs);
    TaskGroup group = group_of(pipeline.submitter(), 90);
    EXPECT_EQ(ends_of(group).size(), 90U);
    EXPECT_EQ(group.progress().failed, 30U);
    const auto again = group.retry_failed();
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, 30U);
    for (const MemberEnd& end : ends_of(group)) {
        EXPECT_EQ(end.index % 3, 0U);
        ASSERT_TRUE(end.outcome);
        EXPECT_EQ(end.outcome->output, Bytes{2});
    }
    EXPECT_EQ(group.progress().succeeded, 90U);
    EXPECT_EQ(*group.retry_failed(), 0U);
    for (const auto& [index, count] : runs.all()) { EXPECT_EQ(count, index % 3 == 0 ? 2 : 1) << index; }
}

TEST(TaskGroups, ThatWereCancelledGoOnWhereTheyAreTriedAgain) {
    std::atomic<bool> hang{true};
    Runs runs([&](std::uint32_t index, int run, Context& context) -> Result<Bytes> {
        if (hang) { return hangs(index, run, context); }
        return Bytes{1};
    });
    Pipeline pipeline = pipeline_of(runs);
    TaskGroup group = group_of(pipeline.submitter(), 50);
    ASSERT_TRUE(group.cancel());
    ASSERT_TRUE(group.wait(kPatience));
    hang = false;
    EXPECT_EQ(*group.retry_failed(), 50U);
    EXPECT_FALSE(group.progress().stopped);
    ASSERT_TRUE(group.wait(kPatience));
    EXPECT_EQ(group.progress().succeeded, 50U);
}

// The ledger is of a folder: the second pipeline is the first one, its program and its server started again.
TEST(TaskGroups, AreFoundAgainAfterARestartAndRunNothingTwice) {
    const test::TempFolder folder;
    const PipelineOptions options{.slots = 2, .window = 16, .data_dir = folder / "data"};
    Runs runs([](std::uint32_t index, int run, Context& context) -> Result<Bytes> {
        if (index >= 30 && run == 1) { return hangs(index, run, context); }
        if (index % 10 == 0 && run <= 2) { return Error{ErrorCode::invalid, "not at first"}; }
        return Bytes{static_cast<std::uint8_t>(index)};
    });
    TaskId id;
    {
        Pipeline pipeline = pipeline_of(runs, options);
        TaskGroup group = group_of(pipeline.submitter(), 30);
        id = group.id();
        ASSERT_TRUE(group.wait(kPatience));
        EXPECT_EQ(*group.retry_failed(), 3U);
        ASSERT_TRUE(group.wait(kPatience));
        EXPECT_EQ(group.progress().failed, 3U);
    }
    Pipeline pipeline = pipeline_of(runs, options);
    TaskGroup group = group_of(pipeline.submitter(), 30, {.id = id});
    EXPECT_EQ(ends_of(group).size(), 30U);
    EXPECT_EQ(group.progress().failed, 3U) << "the first round is told as it was";
    EXPECT_EQ(*group.retry_failed(), 3U);
    ASSERT_TRUE(group.wait(kPatience));
    EXPECT_EQ(group.progress().failed, 3U) << "the second round ran in the life before";
    EXPECT_EQ(*group.retry_failed(), 3U);
    ASSERT_TRUE(group.wait(kPatience));
    EXPECT_EQ(group.progress().succeeded, 30U);
    for (const auto& [index, count] : runs.all()) { EXPECT_EQ(count, index % 10 == 0 ? 3 : 1) << index; }
}

// The programs ask about silent tasks so seldom that only the stream of events can tell them in time.
TEST(TaskGroups, OfAProgramThatWasRestartedHearTheEndsOfLivingTasksAtOnce) {
    std::promise<void> lets_go;
    Runs runs([gone = lets_go.get_future().share()](std::uint32_t index, int, Context&) -> Result<Bytes> {
        gone.wait();
        return Bytes{static_cast<std::uint8_t>(index)};
    });
    Pipeline pipeline = pipeline_of(runs);
    SubmitterOptions options = pipeline.submitter_options();
    options.repeat_after = 1h;
    std::atomic<int> accepted{0};
    const SubmitterCallbacks counts{.on_accepted = [&](const TaskId&) { ++accepted; }};
    auto before = Submitter::open(options, counts);
    ASSERT_TRUE(before) << before.error().message;
    const TaskId id = group_of(*before, 20).id();
    while (accepted.load() < 20) { std::this_thread::yield(); }
    auto after = Submitter::open(options, counts);
    ASSERT_TRUE(after) << after.error().message;
    TaskGroup group = group_of(*after, 20, {.id = id});
    while (accepted.load() < 40) { std::this_thread::yield(); }
    lets_go.set_value();
    ASSERT_TRUE(group.wait(20s)) << "the ends were told to the program before";
    EXPECT_EQ(group.progress().succeeded, 20U);
    for (const auto& [index, count] : runs.all()) { EXPECT_EQ(count, 1) << index; }
}

TEST(TaskGroups, OfTasksThatCannotBeTakenNameTheFirstAndSubmitNone) {
    Runs runs(nullptr);
    Pipeline pipeline = pipeline_of(runs);
    std::vector<Task> tasks = tasks_of(5);
    tasks[3].owner = std::string(129, 'x');
    auto refused = TaskGroup::submit(pipeline.submitter(), tasks);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid);
    EXPECT_THAT(refused.error().message, HasSubstr("task 3 of the group: owner has 129 bytes"));
    tasks = tasks_of(2);
    tasks[1].id = TaskId::make();
    EXPECT_THAT(TaskGroup::submit(pipeline.submitter(), tasks).error().message,
                HasSubstr("task 1 of the group"));
    EXPECT_THAT(TaskGroup::submit(pipeline.submitter(), {}).error().message, HasSubstr("there are 0"));
    EXPECT_EQ(
        TaskGroup::submit(pipeline.submitter(), tasks_of(1), {.id = TaskId::make().member(1)}).error().code,
        ErrorCode::invalid);
    TaskGroup group = group_of(pipeline.submitter(), 1);
    EXPECT_EQ(TaskGroup::submit(pipeline.submitter(), tasks_of(1), {.id = group.id()}).error().code,
              ErrorCode::conflict);
    ASSERT_TRUE(group.wait(kPatience));
    EXPECT_EQ(runs.all().size(), 1U);
}

TEST(TaskGroups, TellMembersThatTheVentilatorRefusesAndSubmitThemAgain) {
    std::atomic<bool> hang{true};
    Runs runs([&](std::uint32_t, int, Context&) -> Result<Bytes> {
        while (hang) { std::this_thread::yield(); }
        return Bytes{};
    });
    Pipeline pipeline = pipeline_of(runs, {.max_queued = 10});
    TaskGroup group = group_of(pipeline.submitter(), 100);
    while (group.progress().refused == 0) { std::this_thread::yield(); }
    const auto end = group.next(kPatience);
    ASSERT_TRUE(end && *end);
    ASSERT_FALSE((*end)->outcome);
    EXPECT_EQ((*end)->outcome.error().code, ErrorCode::overloaded);
    hang = false;
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (group.progress().succeeded < 100 && std::chrono::steady_clock::now() < deadline) {
        ASSERT_TRUE(group.wait(kPatience));
        ASSERT_TRUE(group.retry_failed());
    }
    EXPECT_EQ(group.progress().succeeded, 100U);
    for (const auto& [index, count] : runs.all()) { EXPECT_EQ(count, 1) << index; }
}

TEST(TaskGroups, OutliveTheirSubmitterAndSayThatItIsClosed) {
    Runs runs(hangs);
    Pipeline pipeline = pipeline_of(runs, {.drain_timeout = 0s});
    std::optional<TaskGroup> group;
    {
        auto submitter = Submitter::open(pipeline.submitter_options());
        ASSERT_TRUE(submitter);
        group.emplace(group_of(*submitter, 3));
    }
    EXPECT_EQ(group->next(kPatience).error().code, ErrorCode::unavailable);
    EXPECT_EQ(group->cancel().error().code, ErrorCode::unavailable);
    const auto again = group->retry_failed();
    ASSERT_TRUE(again) << "none has ended";
    EXPECT_EQ(*again, 0U);
    EXPECT_EQ(group->progress().alive, 3U);
}

TEST(TaskGroups, AreNotWaitedForInACallback) {
    std::promise<Error> answer;
    std::optional<TaskGroup> group;
    std::mutex mutex;
    SubmitterCallbacks callbacks;
    callbacks.on_ended = [&](const TaskId&, TaskState, const Outcome&) {
        const std::lock_guard lock(mutex);
        const Status waited = group->wait(kPatience);
        answer.set_value(waited ? Error{} : waited.error());
    };
    std::atomic<bool> hang{true};
    Runs runs([&](std::uint32_t index, int, Context&) -> Result<Bytes> {
        while (index == 1 && hang) { std::this_thread::yield(); }
        return Bytes{};
    });
    Pipeline pipeline = pipeline_of(runs, {.slots = 2, .window = 4}, std::move(callbacks));
    {
        const std::lock_guard lock(mutex);
        group.emplace(group_of(pipeline.submitter(), 2));
    }
    auto told = answer.get_future();
    ASSERT_EQ(told.wait_for(kPatience), std::future_status::ready);
    EXPECT_THAT(told.get().message, HasSubstr("TaskGroup::wait() was called from a callback"));
    answer = {};
    hang = false;
    ASSERT_TRUE(group->wait(kPatience));
    EXPECT_EQ(answer.get_future().wait_for(kPatience), std::future_status::ready) << "of the second end";
}

TEST(FailuresThatAreTriedAgain, EndWellWhereALaterAttemptDoes) {
    Runs runs([](std::uint32_t, int run, Context&) -> Result<Bytes> {
        if (run < 3) { return Error{ErrorCode::invalid, "not at first"}; }
        return Bytes{static_cast<std::uint8_t>(run)};
    });
    const test::TempFolder folder;
    Pipeline pipeline = pipeline_of(runs, {.data_dir = folder / "data"});
    for (const std::uint32_t allowed : {2U, 1U}) {
        Task task = task_of(0);
        task.group = TaskId::make_group();
        task.id = task.group.member(allowed);
        task.spec.max_failures = allowed;
        auto future = pipeline.submitter().submit_future(task);
        ASSERT_EQ(future.wait_for(kPatience), std::future_status::ready);
        const auto outcome = future.get();
        ASSERT_TRUE(outcome);
        EXPECT_EQ(outcome->status, allowed == 2 ? OutcomeStatus::succeeded : OutcomeStatus::failed);
        EXPECT_EQ(outcome->attempt, allowed + 1);
        EXPECT_EQ(runs.of(allowed), static_cast<int>(allowed + 1));
    }
}

}  // namespace
}  // namespace nias
