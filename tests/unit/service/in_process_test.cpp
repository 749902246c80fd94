// Pipeline, the whole in one process: what it does, what it refuses, and that it leaves nothing behind.
#include <gtest/gtest.h>
#include <nias/pipeline.hpp>

#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <set>
#include <thread>

#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
namespace fs = std::filesystem;

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

/// Points TMPDIR elsewhere for a while.
class TemporaryFilesIn {
public:
    explicit TemporaryFilesIn(const std::string& folder) : was_(fs::temp_directory_path().string()) {
        ::setenv("TMPDIR", folder.c_str(), 1);
    }
    ~TemporaryFilesIn() { ::setenv("TMPDIR", was_.c_str(), 1); }
    TemporaryFilesIn(const TemporaryFilesIn&) = delete;
    TemporaryFilesIn& operator=(const TemporaryFilesIn&) = delete;

private:
    std::string was_;
};

std::size_t entries_in(const fs::path& folder) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}
std::size_t threads_of_this_process() { return entries_in("/proc/self/task"); }
std::size_t descriptors_of_this_process() { return entries_in("/proc/self/fd"); }

TEST(PipelineInOneProcess, EndsTenThousandTasksEachWithItsOwnOutput) {
    constexpr std::size_t kCount = 10'000;
    auto pipeline = Pipeline::open({.workers = 2, .slots = 2, .window = 256}, echo);
    ASSERT_TRUE(pipeline) << pipeline.error().message;
    std::vector<std::future<Result<Outcome>>> futures;
    const auto payload = [](std::size_t i) {
        return Bytes{static_cast<std::uint8_t>(i >> 8U), static_cast<std::uint8_t>(i & 255U)};
    };
    for (std::size_t i = 0; i < kCount; ++i) {
        futures.push_back(pipeline->submitter().submit_future(task_of(payload(i))));
    }
    std::set<std::string> workers;
    for (std::size_t i = 0; i < kCount; ++i) {
        ASSERT_EQ(futures[i].wait_for(kPatience), std::future_status::ready) << i;
        const auto outcome = futures[i].get();
        ASSERT_TRUE(outcome) << outcome.error().message;
        ASSERT_EQ(outcome->output, payload(i));
        workers.insert(outcome->worker);
    }
    EXPECT_EQ(workers, (std::set<std::string>{"worker-1", "worker-2"}));
    EXPECT_TRUE(pipeline->stop());
}

TEST(PipelineInOneProcess, StoppedInTheMiddleLeavesNothing) {
    const test::TempFolder folder;
    const TemporaryFilesIn here(folder.path());
    std::thread([] {}).join();  // a sanitizer's own thread begins with the first
    const std::size_t threads = threads_of_this_process();
    const std::size_t descriptors = descriptors_of_this_process();
    std::vector<std::future<Result<Outcome>>> futures;
    {
        // By the task, not by how many ran: under load one worker may have done a hundred before the other
        // began.
        const auto spins_on_the_empty = [](const Task& task, Context& context) -> Result<Bytes> {
            if (!task.payload.empty()) { return task.payload; }
            while (!context.cancelled()) { std::this_thread::yield(); }
            return Error{ErrorCode::unavailable, "stopped"};
        };
        auto pipeline = Pipeline::open({.workers = 2, .window = 64, .drain_timeout = 0s}, spins_on_the_empty);
        ASSERT_TRUE(pipeline) << pipeline.error().message;
        EXPECT_EQ(entries_in(folder.path()), 1U);
        for (std::size_t i = 0; i < 10'000; ++i) {
            futures.push_back(pipeline->submitter().submit_future(task_of(i < 100 ? Bytes{1} : Bytes{})));
        }
        ASSERT_EQ(futures[0].wait_for(kPatience), std::future_status::ready);
        ASSERT_TRUE(pipeline->stop());
        EXPECT_TRUE(pipeline->stop());
        const auto late = pipeline->submitter().submit(task_of(), kPatience);
        ASSERT_FALSE(late);
        EXPECT_EQ(late.error().code, ErrorCode::unavailable);
    }
    int without = 0;
    for (auto& future : futures) {
        ASSERT_EQ(future.wait_for(kPatience), std::future_status::ready);
        const auto outcome = future.get();
        if (outcome) { continue; }
        ++without;
        EXPECT_EQ(outcome.error().code, ErrorCode::unavailable) << outcome.error().message;
    }
    EXPECT_GE(without, 9'898);  // all but a hundred, and what the two workers ran when they were stopped
    EXPECT_EQ(entries_in(folder.path()), 0U);
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (threads_of_this_process() != threads && std::chrono::steady_clock::now() < until) {
        std::this_thread::yield();  // the kernel lists a thread a little longer than join() waits for it
    }
    EXPECT_EQ(threads_of_this_process(), threads);
    EXPECT_EQ(descriptors_of_this_process(), descriptors);
}

TEST(PipelineInOneProcess, TellsAHandlerThatRunsPastTheDrainToStop) {
    std::atomic<bool> running{false};
    std::atomic<bool> told{false};
    auto pipeline =
        Pipeline::open({.drain_timeout = 0s}, [&](const Task&, Context& context) -> Result<Bytes> {
            running = true;
            running.notify_all();
            while (!context.cancelled()) { std::this_thread::yield(); }
            told = true;
            return Error{ErrorCode::unavailable, "stopped"};
        });
    ASSERT_TRUE(pipeline) << pipeline.error().message;
    ASSERT_TRUE(pipeline->submitter().submit(task_of(), kPatience));
    running.wait(false);
    EXPECT_TRUE(pipeline->stop());
    EXPECT_TRUE(told);
}

TEST(PipelineInOneProcess, AnExceptionOfAHandlerFailsItsTaskOnly) {
    auto pipeline = Pipeline::open({}, [](const Task& task, Context&) -> Result<Bytes> {
        if (task.payload.empty()) { throw std::runtime_error("no samples"); }
        return task.payload;
    });
    ASSERT_TRUE(pipeline) << pipeline.error().message;
    auto bad = pipeline->submitter().submit_future(task_of());
    auto good = pipeline->submitter().submit_future(task_of({1}));
    ASSERT_EQ(bad.wait_for(kPatience), std::future_status::ready);
    ASSERT_EQ(good.wait_for(kPatience), std::future_status::ready);
    const auto failed = bad.get();
    ASSERT_TRUE(failed) << failed.error().message;
    EXPECT_EQ(failed->status, OutcomeStatus::failed);
    EXPECT_EQ(failed->error, "the handler threw: no samples");
    EXPECT_EQ(good.get()->output, Bytes{1});
}

TEST(PipelineInOneProcess, WithADataDirectoryGoesOnWhereItWasStopped) {
    const test::TempFolder data;
    TaskId id;
    {
        std::atomic<bool> running{false};
        auto pipeline = Pipeline::open({.data_dir = data.path(), .drain_timeout = 0s},
                                       [&](const Task&, Context& context) -> Result<Bytes> {
                                           running = true;
                                           running.notify_all();
                                           while (!context.cancelled()) { std::this_thread::yield(); }
                                           return Error{ErrorCode::unavailable, "stopped"};
                                       });
        ASSERT_TRUE(pipeline) << pipeline.error().message;
        ASSERT_TRUE(pipeline->submitter().submit(task_of({1}), kPatience));
        running.wait(false);  // the only slot is taken: the next one stays queued
        const auto queued = pipeline->submitter().submit(task_of({2}), kPatience);
        ASSERT_TRUE(queued);
        id = *queued;
    }
    auto pipeline = Pipeline::open({.data_dir = data.path()}, echo);
    ASSERT_TRUE(pipeline) << pipeline.error().message;
    const auto outcome = pipeline->submitter().wait(id, kPatience);
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->output, Bytes{2});
}

TEST(PipelineInOneProcess, RefusesInWordsWhatCannotBe) {
    const test::TempFolder folder;
    test::write_file(folder / "file", "not a folder");
    const auto code_of = [](const PipelineOptions& options) {
        const auto pipeline = Pipeline::open(options, echo);
        EXPECT_FALSE(pipeline);
        EXPECT_FALSE(pipeline.error().message.empty());
        return pipeline.error().code;
    };
    EXPECT_EQ(code_of({.workers = 0}), ErrorCode::invalid);
    EXPECT_EQ(code_of({.workers = 65}), ErrorCode::invalid);
    EXPECT_EQ(code_of({.drain_timeout = -1s}), ErrorCode::invalid);
    EXPECT_EQ(code_of({.data_dir = folder / "file"}), ErrorCode::unavailable);
    {
        const TemporaryFilesIn nowhere(folder / "none");
        EXPECT_EQ(code_of({}), ErrorCode::unavailable);
    }
}

TEST(PipelineInOneProcess, WorksHoweverDeepTheFolderForTemporaryFilesIs) {
    const test::TempFolder folder;
    const std::string deep = folder / (std::string(200, 'd') + "/" + std::string(200, 'e'));
    fs::create_directories(deep);
    const TemporaryFilesIn here(deep);
    {
        auto pipeline = Pipeline::open({}, echo);
        ASSERT_TRUE(pipeline) << pipeline.error().message;
        EXPECT_EQ(pipeline->submitter().submit_future(task_of({1})).get()->output, Bytes{1});
    }
    EXPECT_EQ(entries_in(deep), 0U);
}

TEST(PipelineInOneProcess, FurtherSubmittersMayOutliveIt) {
    std::optional<Submitter> further;
    {
        auto pipeline = Pipeline::open({}, echo);
        ASSERT_TRUE(pipeline) << pipeline.error().message;
        auto opened = Submitter::open(pipeline->submitter_options());
        ASSERT_TRUE(opened) << opened.error().message;
        further.emplace(std::move(*opened));
        EXPECT_EQ(further->submit_future(task_of({2})).get()->output, Bytes{2});
    }
    const auto late = further->submit(task_of(), 50ms);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace nias
