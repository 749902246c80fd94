// Files that a program gives to a pipeline and gets back, without a handler of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nias/pipeline.hpp>

#include <atomic>
#include <filesystem>
#include <thread>

#include "net/socket.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace nias {
namespace {

using testing::HasSubstr;

constexpr auto kPatience = 60s;

Result<Bytes> echo(const Task& task, Context&) { return task.payload; }

Task task_of(std::optional<BlobRef> bundle = {}) {
    Task task;
    task.owner = "ana";
    task.bundle = bundle;
    return task;
}

std::size_t entries_in(const fs::path& folder) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

/// Larger than a window of the bulk channel, and not the same everywhere.
std::string large_text() {
    std::string text(12U << 20U, ' ');
    for (std::size_t i = 0; i < text.size(); ++i) {
        text[i] = static_cast<char>('a' + (i * 7919U >> 8U) % 26);
    }
    return text;
}

/// The pipeline runs in memory (an empty parameter), or in a folder below the test's.
class BlobsOfAPipeline : public testing::TestWithParam<const char*> {
protected:
    void start(const Worker::Handler& handler, SubmitterCallbacks callbacks = {}) {
        const std::string data = GetParam();
        auto opened =
            Pipeline::open({.data_dir = data.empty() ? "" : folder_ / data}, handler, std::move(callbacks));
        ASSERT_TRUE(opened) << opened.error().message;
        pipeline_.emplace(std::move(*opened));
    }
    Submitter& submitter() { return pipeline_->submitter(); }

    const test::TempFolder folder_;
    std::optional<Pipeline> pipeline_;
};

INSTANTIATE_TEST_SUITE_P(Kept, BlobsOfAPipeline, testing::Values("", "data"),
                         [](const auto& one) { return *one.param == '\0' ? "InMemory" : "InAFolder"; });

TEST_P(BlobsOfAPipeline, GoToAHandlerAndItsOutputComesBack) {
    start([this](const Task& task, Context& context) -> Result<Bytes> {
        const std::string in = folder_ / "handler-in";
        if (auto fetched = context.fetch(*task.bundle, in); !fetched) { return fetched.error(); }
        test::write_file(folder_ / "handler-out", test::read_file(in) + " and back");
        const auto stored = context.store(folder_ / "handler-out");
        if (!stored) { return stored.error(); }
        context.give({});
        context.give(*stored);  // the last one counts
        return Bytes{7};
    });
    const std::string text = large_text();
    test::write_file(folder_ / "in", text);
    const auto blob = submitter().store(folder_ / "in");
    ASSERT_TRUE(blob) << blob.error().message;
    EXPECT_EQ(blob->size_bytes, text.size());
    const auto outcome = submitter().submit_future(task_of(*blob)).get();
    ASSERT_TRUE(outcome) << outcome.error().message;
    ASSERT_EQ(outcome->status, OutcomeStatus::succeeded) << outcome->error;
    EXPECT_EQ(outcome->output, Bytes{7});
    ASSERT_TRUE(outcome->output_blob);
    test::write_file(folder_ / "out", "of before");
    const auto fetched = submitter().fetch(*outcome->output_blob, folder_ / "out");
    ASSERT_TRUE(fetched) << fetched.error().message;
    EXPECT_TRUE(test::read_file(folder_ / "out") == text + " and back");
    EXPECT_TRUE(pipeline_->stop());
}

TEST_P(BlobsOfAPipeline, AnEmptyFileAndTheSameFileTwiceAreBlobsToo) {
    start(echo);
    test::write_file(folder_ / "empty", "");
    const auto empty = submitter().store(folder_ / "empty");
    ASSERT_TRUE(empty) << empty.error().message;
    EXPECT_EQ(empty->size_bytes, 0U);
    EXPECT_EQ(*submitter().store(folder_ / "empty"), *empty);
    ASSERT_TRUE(submitter().fetch(*empty, folder_ / "got"));
    EXPECT_EQ(fs::file_size(folder_ / "got"), 0U);
}

TEST_P(BlobsOfAPipeline, OneThatIsNotThereLeavesTheFileAsItIsAndNothingBeside) {
    start([this](const Task& task, Context& context) -> Result<Bytes> {
        const auto fetched = context.fetch(*task.bundle, folder_ / "place/kept");
        return fetched ? Result<Bytes>(Bytes{}) : Result<Bytes>(fetched.error());
    });
    test::write_file(folder_ / "place/kept", "precious");
    const BlobRef nowhere{{{1, 2, 3}}, 77};
    const auto fetched = submitter().fetch(nowhere, folder_ / "place/kept");
    ASSERT_FALSE(fetched);
    EXPECT_EQ(fetched.error().code, ErrorCode::not_found) << fetched.error().message;
    const auto by_handler = submitter().submit_future(task_of(nowhere)).get();
    ASSERT_TRUE(by_handler);
    EXPECT_EQ(by_handler->status, OutcomeStatus::failed);
    EXPECT_EQ(test::read_file(folder_ / "place/kept"), "precious");
    EXPECT_EQ(entries_in(folder_ / "place"), 1U);
    EXPECT_FALSE(submitter().fetch(nowhere, folder_ / "place/other"));
    EXPECT_FALSE(fs::exists(folder_ / "place/other"));
}

TEST_P(BlobsOfAPipeline, WhatCannotBeReadOrWrittenIsSaid) {
    start(echo);
    const auto code_of = [](const auto& result) {
        EXPECT_FALSE(result);
        return result ? ErrorCode::internal : result.error().code;
    };
    test::write_file(folder_ / "in", "text");
    const auto blob = submitter().store(folder_ / "in");
    ASSERT_TRUE(blob);
    EXPECT_EQ(code_of(submitter().store(folder_ / "none")), ErrorCode::not_found);
    EXPECT_EQ(code_of(submitter().store(folder_.path())), ErrorCode::not_found);
    EXPECT_EQ(code_of(submitter().fetch(*blob, folder_.path())), ErrorCode::invalid);
    EXPECT_EQ(code_of(submitter().fetch(*blob, "")), ErrorCode::invalid);
    EXPECT_EQ(code_of(submitter().fetch(*blob, folder_ / "none/file")), ErrorCode::unavailable);
    submitter().close();
    EXPECT_EQ(code_of(submitter().store(folder_ / "in")), ErrorCode::unavailable);
    EXPECT_EQ(code_of(submitter().fetch(*blob, folder_ / "out")), ErrorCode::unavailable);
}

TEST_P(BlobsOfAPipeline, ACallbackIsToldThatItCannotWaitForOne) {
    std::atomic<bool> told{false};
    ErrorCode code = ErrorCode::internal;
    Submitter* mine = nullptr;
    SubmitterCallbacks callbacks;
    callbacks.on_ended = [&](const TaskId&, TaskState, const Outcome&) {
        code = mine->fetch({}, folder_ / "out").error().code;
        told = true;
        told.notify_all();
    };
    start(echo, std::move(callbacks));
    mine = &submitter();
    ASSERT_TRUE(submitter().submit(task_of(), kPatience));
    told.wait(false);
    EXPECT_EQ(code, ErrorCode::invalid);
}

TEST(BlobsOfASubmitter, ASinkThatIsSilentIsNotWaitedForForEver) {
    const test::TempFolder folder;
    const auto at = [&](const std::string& name) { return "ipc://" + folder.path() + "/" + name; };
    test::write_file(folder / "in", "text");
    auto submitter = Submitter::open(
        {.intake = at("intake"), .control = at("control"), .events = at("events"), .bulk = at("bulk")});
    ASSERT_TRUE(submitter) << submitter.error().message;
    const auto stored = submitter->store(folder / "in", 200ms);
    ASSERT_FALSE(stored);
    EXPECT_EQ(stored.error().code, ErrorCode::unavailable);
    EXPECT_THAT(stored.error().message, HasSubstr("said nothing for 200 ms: is it running?"));
    const auto fetched = submitter->fetch({{}, 4}, folder / "out", 200ms);
    ASSERT_FALSE(fetched);
    EXPECT_THAT(fetched.error().message, HasSubstr("/bulk"));
    EXPECT_FALSE(fs::exists(folder / "out"));

    std::thread closes([&] { submitter->close(); });
    EXPECT_EQ(submitter->store(folder / "in", kPatience).error().code, ErrorCode::unavailable);
    closes.join();
}

TEST(BlobsOfASubmitter, WithoutAnAddressForFilesAreRefused) {
    const test::TempFolder folder;
    const auto at = [&](const std::string& name) { return "ipc://" + folder.path() + "/" + name; };
    auto submitter = Submitter::open(
        {.intake = at("intake"), .control = at("control"), .events = at("events"), .bulk = ""});
    ASSERT_TRUE(submitter);
    const auto stored = submitter->store(folder / "in");
    ASSERT_FALSE(stored);
    EXPECT_EQ(stored.error().code, ErrorCode::invalid);
    EXPECT_THAT(stored.error().message, HasSubstr("SubmitterOptions::bulk is empty"));
}

}  // namespace
}  // namespace nias
