// The four services joined in one process over ipc in a temporary folder: real sockets, real SQLite.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <nias/sink.hpp>
#include <nias/submitter.hpp>
#include <nias/ventilator.hpp>
#include <nias/worker.hpp>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <set>
#include <thread>

#include "base/log.hpp"
#include "service/questions.hpp"
#include "store/blobs/blobs.hpp"
#include "store/ledger/ledger.hpp"
#include "store/logs/logs.hpp"
#include "store/results/results.hpp"

using namespace std::chrono_literals;

namespace nias {
namespace {

constexpr auto kPatience = 60s;

/// A server in a folder of its own; each part can be ended and started again.
class Lab {
public:
    explicit Lab(Durability durability) : durability_(durability) {
        std::string pattern = std::filesystem::temp_directory_path() / "nias-XXXXXX";
        folder_ = ::mkdtemp(pattern.data());
        start_ventilator();
        start_sink();
    }
    ~Lab() {
        stop_workers();
        stop_sink();
        stop_ventilator();
        std::filesystem::remove_all(folder_);
    }
    Lab(const Lab&) = delete;
    Lab& operator=(const Lab&) = delete;

    [[nodiscard]] std::string address(const std::string& name) const {
        return "ipc://" + folder_ + "/" + name;
    }
    [[nodiscard]] const std::string& folder() const { return folder_; }

    void start_ventilator() {
        VentilatorOptions options;
        options.intake = address("intake");
        options.control = address("control");
        options.events = address("events");
        options.data_dir = folder_;
        options.durability = durability_;
        auto opened = Ventilator::open(options);
        ASSERT_TRUE(opened) << opened.error().message;
        ventilator_ = std::make_unique<Ventilator>(std::move(*opened));
        ventilator_thread_ = std::thread([this] { EXPECT_TRUE(ventilator_->run()); });
    }
    void stop_ventilator() {
        ventilator_->stop();
        ventilator_thread_.join();
        ventilator_.reset();
    }
    void start_sink() {
        SinkOptions options;
        options.outcomes = address("outcomes");
        options.bulk = address("bulk");
        options.output = address("output");
        options.intake = address("intake");
        options.data_dir = folder_;
        options.durability = durability_;
        auto opened = Sink::open(options);
        ASSERT_TRUE(opened) << opened.error().message;
        sink_ = std::make_unique<Sink>(std::move(*opened));
        sink_thread_ = std::thread([this] { EXPECT_TRUE(sink_->run()); });
    }
    void stop_sink() {
        sink_->stop();
        sink_thread_.join();
        sink_.reset();
    }
    void start_worker(const std::string& name, std::uint32_t slots, std::uint32_t window,
                      Worker::Handler handler) {
        WorkerOptions options;
        options.control = address("control");
        options.outcomes = address("outcomes");
        options.bulk = address("bulk");
        options.name = name;
        options.slots = slots;
        options.window = window;
        auto opened = Worker::open(options);
        ASSERT_TRUE(opened) << opened.error().message;
        workers_.push_back(std::make_unique<Worker>(std::move(*opened)));
        worker_threads_.emplace_back(
            [worker = workers_.back().get(), handler] { EXPECT_TRUE(worker->run(handler)); });
    }
    void stop_workers() {
        for (auto& worker : workers_) { worker->stop(); }
        for (auto& thread : worker_threads_) { thread.join(); }
        workers_.clear();
        worker_threads_.clear();
    }
    [[nodiscard]] Submitter submitter(SubmitterCallbacks callbacks = {}) const {
        SubmitterOptions options;
        options.intake = address("intake");
        options.control = address("control");
        options.events = address("events");
        auto opened = Submitter::open(options, std::move(callbacks));
        EXPECT_TRUE(opened);
        return std::move(*opened);
    }

private:
    Durability durability_;
    std::string folder_;
    std::unique_ptr<Ventilator> ventilator_;
    std::unique_ptr<Sink> sink_;
    std::thread ventilator_thread_, sink_thread_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<std::thread> worker_threads_;
};

/// Counts the ends of tasks, each id once, and waits for a number of them.
class Ends {
public:
    SubmitterCallbacks callbacks() {
        SubmitterCallbacks out;
        out.on_ended = [this](const TaskId& id, TaskState state, const Outcome&) {
            const std::lock_guard lock(mutex_);
            doubled_ += ids_.insert(id).second ? 0 : 1;
            succeeded_ += state == TaskState::succeeded ? 1 : 0;
            changed_.notify_all();
        };
        return out;
    }
    [[nodiscard]] bool wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, kPatience, [&] { return ids_.size() >= count; });
    }
    [[nodiscard]] std::size_t succeeded() {
        const std::lock_guard lock(mutex_);
        return succeeded_;
    }
    [[nodiscard]] std::size_t doubled() {
        const std::lock_guard lock(mutex_);
        return doubled_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::set<TaskId> ids_;
    std::size_t succeeded_ = 0;
    std::size_t doubled_ = 0;
};

Task task_of(const std::string& owner, Bytes payload = {}) {
    Task task;
    task.owner = owner;
    task.payload = std::move(payload);
    return task;
}

Result<Bytes> echo(const Task& task, Context&) { return task.payload; }

TEST(Pipeline, GivesTheOutputOfATaskBackToItsSubmitter) {
    Lab lab(Durability::durable);
    lab.start_worker("w1", 1, 1, echo);
    Submitter submitter = lab.submitter();
    const auto id = submitter.submit(task_of("ana", {1, 2, 3}), kPatience);
    ASSERT_TRUE(id) << id.error().message;
    const auto outcome = submitter.wait(*id, kPatience);
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->status, OutcomeStatus::succeeded);
    EXPECT_EQ(outcome->output, (Bytes{1, 2, 3}));
    EXPECT_EQ(outcome->worker, "w1");
    auto results = store::Results::open_reader(lab.folder());
    ASSERT_TRUE(results);
    const auto stored = results->find({*id, 1});
    ASSERT_TRUE(stored && *stored);
    EXPECT_EQ((*stored)->output, (Bytes{1, 2, 3}));
}

TEST(Pipeline, AFreeWorkerIsGivenWhatWaitsInTheWindowOfAnother) {
    Lab lab(Durability::durable);
    Ends ends;
    std::promise<void> begun;
    std::promise<void> release;
    lab.start_worker("w1", 1, 8, [&, first = true](const Task& task, Context&) mutable -> Result<Bytes> {
        if (std::exchange(first, false)) { begun.set_value(); }
        release.get_future().wait_for(kPatience);
        return task.payload;
    });
    Submitter submitter = lab.submitter(ends.callbacks());
    std::vector<TaskId> ids;
    for (std::uint8_t i = 0; i < 3; ++i) {
        const auto id = submitter.submit(task_of("ana", {i}), kPatience);
        ASSERT_TRUE(id) << id.error().message;
        ids.push_back(*id);
    }
    ASSERT_EQ(begun.get_future().wait_for(kPatience), std::future_status::ready);
    lab.start_worker("w2", 1, 1, echo);
    EXPECT_TRUE(ends.wait_for(2)) << "while the first worker is busy";
    release.set_value();
    ASSERT_TRUE(ends.wait_for(3));
    EXPECT_EQ(ends.succeeded(), 3U);
    store::LedgerReader ledger = std::move(*store::LedgerReader::open(lab.folder()));
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto record = ledger.find(ids[i]);
        ASSERT_TRUE(record && *record);
        EXPECT_EQ((*record)->task.attempt, i == 0 ? 1U : 2U);
        EXPECT_EQ((*record)->outcome->worker, i == 0 ? "w1" : "w2");
        EXPECT_EQ((*record)->reason, "") << "no fault is counted";
    }
}

TEST(Pipeline, AFailingHandlerFailsTheTaskOnceWithItsWords) {
    Lab lab(Durability::durable);
    std::atomic<int> runs{0};
    lab.start_worker("w1", 1, 1, [&runs](const Task&, Context&) -> Result<Bytes> {
        ++runs;
        return Error{ErrorCode::invalid, "the signal has no samples"};
    });
    Submitter submitter = lab.submitter();
    const auto id = submitter.submit(task_of("ana"), kPatience);
    ASSERT_TRUE(id);
    const auto outcome = submitter.wait(*id, kPatience);
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->status, OutcomeStatus::failed);
    EXPECT_EQ(outcome->error, "the signal has no samples");
    EXPECT_EQ(runs.load(), 1);
}

class PipelineOfManyTasks : public testing::TestWithParam<Durability> {};

TEST_P(PipelineOfManyTasks, EndsEachOfThemOnce) {
    constexpr std::size_t kCount = 20'000;
    Lab lab(GetParam());
    lab.start_worker("w1", 1, 512, echo);
    lab.start_worker("w2", 1, 512, echo);
    Ends ends;
    Submitter submitter = lab.submitter(ends.callbacks());
    for (std::size_t i = 0; i < kCount; ++i) {
        ASSERT_TRUE(submitter.submit_async(task_of("ana", Bytes(100, 7))));
    }
    EXPECT_TRUE(ends.wait_for(kCount));
    EXPECT_EQ(ends.succeeded(), kCount);
    EXPECT_EQ(ends.doubled(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Both, PipelineOfManyTasks, testing::Values(Durability::memory, Durability::durable),
                         [](const auto& given) {
                             return given.param == Durability::memory ? "InMemory" : "Durable";
                         });

TEST(Pipeline, CarriesFilesAndLogsOverTheBulkChannel) {
    Lab lab(Durability::durable);
    auto blobs = store::Blobs::open(lab.folder());
    ASSERT_TRUE(blobs);
    auto writer = blobs->begin();
    ASSERT_TRUE(writer);
    Bytes content(3'000'000);
    for (std::size_t i = 0; i < content.size(); ++i) {
        content[i] = static_cast<std::uint8_t>(i * 7 + i / 1000);
    }
    ASSERT_TRUE(writer->append(content));
    const auto bundle = writer->commit();
    ASSERT_TRUE(bundle);
    const std::string copy = lab.folder() + "/copy";
    std::mutex mutex;
    std::optional<BlobRef> stored;
    lab.start_worker("w1", 1, 1, [&](const Task& task, Context& context) -> Result<Bytes> {
        context.log("fetching\n");
        if (auto fetched = context.fetch(*task.bundle, copy); !fetched) { return fetched.error(); }
        std::ofstream(copy, std::ios::app) << "and more";
        auto put = context.store(copy);
        if (!put) { return put.error(); }
        const std::lock_guard lock(mutex);
        stored = *put;
        context.log("stored\n");
        return Bytes{};
    });
    Submitter submitter = lab.submitter();
    Task task = task_of("ana");
    task.bundle = *bundle;
    const auto id = submitter.submit(task, kPatience);
    ASSERT_TRUE(id);
    const auto outcome = submitter.wait(*id, kPatience);
    ASSERT_TRUE(outcome) << outcome.error().message;
    ASSERT_EQ(outcome->status, OutcomeStatus::succeeded) << outcome->error;
    const std::lock_guard lock(mutex);
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->size_bytes, content.size() + 8);
    EXPECT_TRUE(blobs->has(stored->hash));
    auto logs = store::Logs::open(lab.folder());
    ASSERT_TRUE(logs);
    const auto text = logs->read({*id, 1}, 0, 1000);
    ASSERT_TRUE(text);
    EXPECT_EQ(std::string(text->begin(), text->end()), "fetching\nstored\n");
}

TEST(Pipeline, ATaskRunsOnThroughARestartOfTheVentilatorAndOfTheSink) {
    Lab lab(Durability::durable);
    std::mutex mutex;
    std::condition_variable changed;
    bool running = false;
    bool may_end = false;
    std::atomic<int> runs{0};
    lab.start_worker("w1", 1, 1, [&](const Task&, Context& context) -> Result<Bytes> {
        ++runs;
        context.started();
        std::unique_lock lock(mutex);
        running = true;
        changed.notify_all();
        changed.wait_for(lock, kPatience, [&] { return may_end; });
        return Bytes{42};
    });
    Submitter submitter = lab.submitter();
    const auto id = submitter.submit(task_of("ana"), kPatience);
    ASSERT_TRUE(id);
    {
        std::unique_lock lock(mutex);
        ASSERT_TRUE(changed.wait_for(lock, kPatience, [&] { return running; }));
    }
    lab.stop_ventilator();
    lab.stop_sink();
    lab.start_sink();
    lab.start_ventilator();
    {
        const std::lock_guard lock(mutex);
        may_end = true;
    }
    changed.notify_all();
    const auto outcome = submitter.wait(*id, kPatience);
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->output, Bytes{42});
    EXPECT_EQ(outcome->attempt, 1U);
    EXPECT_EQ(runs.load(), 1);
}

// The ledger leaves a long output to the results of the sink.
TEST(Pipeline, ALongOutputIsToldAgainAfterARestart) {
    Lab lab(Durability::durable);
    lab.start_worker("w1", 1, 1, echo);
    Task task = task_of("ana", Bytes(5'000, 7));
    task.id = TaskId::make();
    {
        Submitter submitter = lab.submitter();
        ASSERT_TRUE(submitter.submit(task, kPatience));
        ASSERT_TRUE(submitter.wait(task.id, kPatience));
    }
    lab.stop_ventilator();
    lab.start_ventilator();
    Submitter again = lab.submitter();
    ASSERT_TRUE(again.submit(task, kPatience));
    const auto outcome = again.wait(task.id, kPatience);
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->output, task.payload);
    EXPECT_EQ(outcome->attempt, 1U) << "it ran once";
}

TEST(Pipeline, ACancelledTaskStopsAndSaysSo) {
    Lab lab(Durability::durable);
    std::atomic<bool> running{false};
    lab.start_worker("w1", 1, 1, [&](const Task&, Context& context) -> Result<Bytes> {
        context.started();
        running = true;
        running.notify_all();
        while (!context.cancelled()) { std::this_thread::yield(); }
        return Error{ErrorCode::unavailable, "stopped"};
    });
    Submitter submitter = lab.submitter();
    const auto id = submitter.submit(task_of("ana"), kPatience);
    ASSERT_TRUE(id);
    running.wait(false);
    ASSERT_TRUE(submitter.cancel(*id));
    const auto outcome = submitter.wait(*id, kPatience);
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->status, OutcomeStatus::cancelled);
}

TEST(Pipeline, ATaskSubmittedTwiceIsOneTask) {
    Lab lab(Durability::durable);
    std::atomic<int> runs{0};
    lab.start_worker("w1", 1, 1, [&](const Task&, Context&) -> Result<Bytes> {
        ++runs;
        return Bytes{1};
    });
    Submitter submitter = lab.submitter();
    Task task = task_of("ana");
    const auto first = submitter.submit(task, kPatience);
    ASSERT_TRUE(first);
    ASSERT_TRUE(submitter.wait(*first, kPatience));
    lab.stop_ventilator();  // and the ledger, not the core's memory, knows it
    lab.start_ventilator();
    task.id = *first;
    Submitter other = lab.submitter();
    const auto second = other.submit(task, kPatience);
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_EQ(*first, *second);
    const auto outcome = other.wait(*second, kPatience);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->output, Bytes{1});
    EXPECT_EQ(runs.load(), 1);
}

TEST(Pipeline, AVentilatorSaysWhyATaskWaits) {
    Lab lab(Durability::memory);
    Submitter submitter = lab.submitter();
    const auto id = submitter.submit(task_of("ana"), kPatience);
    ASSERT_TRUE(id) << id.error().message;
    const auto told = service::explain(lab.address("control"), *id, kPatience);
    ASSERT_TRUE(told) << told.error().message;
    EXPECT_EQ(*told, "no worker is connected");
    const auto unknown = service::explain(lab.address("control"), TaskId{}, kPatience);
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ErrorCode::not_found);
    const auto nobody = service::explain(lab.address("nobody"), *id, 20ms);
    ASSERT_FALSE(nobody);
    EXPECT_EQ(nobody.error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace nias
