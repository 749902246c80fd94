// A watcher tells every change of every task, or those of followed tasks without a gap at the end.
#include <gtest/gtest.h>
#include <nias/pipeline.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>

using namespace std::chrono_literals;

namespace nias {
namespace {

constexpr auto kPatience = 60s;

Task task_of(Bytes payload = {}) {
    Task task;
    task.owner = "ana";
    task.payload = std::move(payload);
    return task;
}

Result<Bytes> echo(const Task& task, Context&) { return task.payload; }

/// Keeps what a watcher tells, and waits for it.
class Heard {
public:
    WatcherCallbacks callbacks() {
        return {.on_state =
                    [this](const TaskEvent& event) {
                        const std::lock_guard lock(mutex_);
                        events_.push_back(event);
                        changed_.notify_all();
                    },
                .on_log =
                    [this](const AttemptRef& attempt, std::uint64_t offset, std::string_view bytes) {
                        const std::lock_guard lock(mutex_);
                        std::string& log = logs_[attempt.id];
                        log.resize(offset);
                        log += bytes;
                        changed_.notify_all();
                    },
                .on_progress =
                    [this](const AttemptRef& attempt, double fraction, const std::string& text) {
                        const std::lock_guard lock(mutex_);
                        progress_[attempt.id] = {fraction, text};
                        changed_.notify_all();
                    }};
    }
    template <typename Condition>
    [[nodiscard]] bool eventually(Condition condition, std::chrono::milliseconds within = kPatience) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, within, [&] { return condition(); });
    }
    [[nodiscard]] bool told_anything() const { return !events_.empty(); }  // with mutex_ held
    [[nodiscard]] bool ended(const TaskId& id) {
        return eventually([&] { return !events_.empty() && has_ended(last_of(id)); });
    }
    [[nodiscard]] std::vector<TaskEvent> events() {
        const std::lock_guard lock(mutex_);
        return events_;
    }
    [[nodiscard]] TaskState last_of(const TaskId& id) const {  // with mutex_ held
        TaskState state = TaskState::queued;
        for (const TaskEvent& event : events_) {
            if (event.id == id) { state = event.state; }
        }
        return state;
    }
    std::map<TaskId, std::string> logs_;  // with mutex_ held: in conditions
    std::map<TaskId, std::pair<double, std::string>> progress_;

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<TaskEvent> events_;
};

Pipeline pipeline_of(Worker::Handler handler) {
    auto pipeline = Pipeline::open({.window = 64}, std::move(handler));
    EXPECT_TRUE(pipeline) << pipeline.error().message;
    return *std::move(pipeline);
}

Watcher watcher_of(WatcherOptions options, WatcherCallbacks callbacks) {
    options.ask_after = 50ms;
    auto watcher = Watcher::open(options, std::move(callbacks));
    EXPECT_TRUE(watcher) << watcher.error().message;
    return *std::move(watcher);
}

/// Streams begin with a subscription that is under way for a moment: tasks are sent until one is heard.
void until_it_hears(Pipeline& pipeline, Heard& heard, const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (true) {
        auto future = pipeline.submitter().submit_future(task_of({9}));
        ASSERT_EQ(future.wait_for(kPatience), std::future_status::ready);
        if (heard.eventually(condition, 200ms)) { return; }
        ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "the watcher hears nothing";
    }
}

TEST(Watcher, TellsEveryChangeOfEveryTask) {
    Pipeline pipeline = pipeline_of(echo);
    Heard heard;
    const Watcher watcher = watcher_of(pipeline.watcher_options(), heard.callbacks());
    until_it_hears(pipeline, heard, [&] { return heard.told_anything(); });
    Task task = task_of({4});
    task.group = TaskId::make_group();
    task.id = task.group.member(0);
    const auto id = pipeline.submitter().submit(task, kPatience);
    ASSERT_TRUE(id) << id.error().message;
    ASSERT_TRUE(heard.ended(*id));
    for (const TaskEvent& event : heard.events()) {
        if (event.id != *id) { continue; }
        EXPECT_EQ(event.group, task.group);
        if (!has_ended(event.state)) { continue; }
        EXPECT_EQ(event.state, TaskState::succeeded);
        ASSERT_TRUE(event.outcome);
        EXPECT_EQ(event.outcome->output, Bytes{4});
        EXPECT_GT(event.unix_ms, 0);
    }
}

TEST(Watcher, TellsLogAndProgressOfARunningTask) {
    Heard heard;
    Pipeline pipeline = pipeline_of([](const Task&, Context& context) -> Result<Bytes> {
        context.log("reading\n");
        context.progress(0.5, "half");
        context.log("done\n");
        return Bytes{};
    });
    const Watcher watcher = watcher_of(pipeline.watcher_options(), heard.callbacks());
    until_it_hears(pipeline, heard, [&] { return !heard.logs_.empty() && !heard.progress_.empty(); });
    const auto id = pipeline.submitter().submit(task_of(), kPatience);
    ASSERT_TRUE(id) << id.error().message;
    ASSERT_TRUE(heard.eventually([&] { return heard.logs_[*id] == "reading\ndone\n"; }));
    ASSERT_TRUE(
        heard.eventually([&] { return heard.progress_[*id] == std::pair(0.5, std::string("half")); }));
}

TEST(Watcher, OfOneTaskTellsNothingOfOthers) {
    Pipeline pipeline = pipeline_of([](const Task& task, Context& context) -> Result<Bytes> {
        context.log("on\n");
        return task.payload;
    });
    Heard heard;
    WatcherOptions options = pipeline.watcher_options();
    options.everything = false;
    Watcher watcher = watcher_of(options, heard.callbacks());
    const auto other = pipeline.submitter().submit(task_of({1}), kPatience);
    const auto mine = pipeline.submitter().submit(task_of({2}), kPatience);
    ASSERT_TRUE(other && mine);
    ASSERT_TRUE(watcher.follow(*mine));
    ASSERT_TRUE(heard.ended(*mine));
    for (const TaskEvent& event : heard.events()) { EXPECT_EQ(event.id, *mine); }
    EXPECT_TRUE(heard.eventually([&] { return !heard.logs_.contains(*other); }));  // at this moment
}

TEST(Watcher, AsksForWhatItMissedOfAFollowedTask) {
    std::atomic<bool> may_end{false};
    Pipeline pipeline = pipeline_of([&](const Task& task, Context& context) -> Result<Bytes> {
        context.started();
        may_end.wait(false);
        return task.payload;
    });
    Heard heard;
    WatcherOptions options = pipeline.watcher_options();
    options.events.clear();  // every event is missed
    options.output.clear();
    Watcher watcher = watcher_of(options, heard.callbacks());
    Task task = task_of({3});
    task.id = *parse_task_id("0190a0000000000000000000000000aa");
    ASSERT_TRUE(watcher.follow(task.id));  // before it is submitted
    ASSERT_TRUE(pipeline.submitter().submit(task, kPatience));
    ASSERT_TRUE(heard.eventually([&] { return heard.last_of(task.id) == TaskState::running; }));
    may_end = true;
    may_end.notify_all();
    ASSERT_TRUE(heard.ended(task.id));
    const auto events = heard.events();
    EXPECT_EQ(events.back().state, TaskState::succeeded);
    ASSERT_TRUE(events.back().outcome);
    EXPECT_EQ(events.back().outcome->output, Bytes{3});
    EXPECT_EQ(std::count_if(events.begin(), events.end(),
                            [](const TaskEvent& event) { return event.state == TaskState::running; }),
              1);
}

TEST(Watcher, ThatHangsInACallbackSlowsNobody) {
    Pipeline pipeline = pipeline_of(echo);
    std::atomic<bool> hanging{false};
    std::atomic<bool> go_on{false};
    Heard heard;
    WatcherCallbacks callbacks = heard.callbacks();
    callbacks.on_state = [&, tell = callbacks.on_state](const TaskEvent& event) {
        hanging = true;
        hanging.notify_all();
        go_on.wait(false);
        tell(event);
    };
    Watcher watcher = watcher_of(pipeline.watcher_options(), callbacks);
    const auto first = pipeline.submitter().submit(task_of(), kPatience);
    ASSERT_TRUE(first);
    ASSERT_TRUE(watcher.follow(*first));
    hanging.wait(false);
    std::vector<std::future<Result<Outcome>>> futures;
    for (int i = 0; i < 20'000; ++i) { futures.push_back(pipeline.submitter().submit_future(task_of())); }
    for (auto& future : futures) {
        ASSERT_EQ(future.wait_for(kPatience), std::future_status::ready);
        ASSERT_TRUE(future.get());
    }
    const auto last = pipeline.submitter().submit(task_of(), kPatience);
    ASSERT_TRUE(last);
    ASSERT_TRUE(watcher.follow(*last));
    go_on = true;
    go_on.notify_all();
    EXPECT_TRUE(heard.ended(*first));
    EXPECT_TRUE(heard.ended(*last));
}

TEST(Watcher, RefusesInWordsWhatCannotBe) {
    auto open = Watcher::open({.events = "tcp://10.0.0.1:5557"}, {});
    ASSERT_FALSE(open);
    EXPECT_EQ(open.error().code, ErrorCode::invalid);
    auto deaf = Watcher::open({.control = {}}, {});
    ASSERT_TRUE(deaf) << deaf.error().message;
    EXPECT_EQ(deaf->follow({}).error().code, ErrorCode::invalid);
}

}  // namespace
}  // namespace nias
