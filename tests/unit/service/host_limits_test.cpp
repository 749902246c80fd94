// A pipeline costs little, and a host without descriptors is an answer and not the end of the program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <nias/pipeline.hpp>
#include <nias/sink.hpp>
#include <nias/ventilator.hpp>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <thread>

#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace nias {
namespace {

using testing::HasSubstr;

Result<Bytes> echo(const Task& task, Context&) { return task.payload; }

std::size_t entries_in(const fs::path& folder) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}
std::size_t descriptors() { return entries_in("/proc/self/fd") - 1; }  // without the folder's own
std::size_t threads() { return entries_in("/proc/self/task"); }

/// A lower limit of descriptors for a while.
class OpenFiles {
public:
    explicit OpenFiles(std::size_t most) {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        rlimit lower = before_;
        lower.rlim_cur = most;
        ::setrlimit(RLIMIT_NOFILE, &lower);
    }
    OpenFiles(const OpenFiles&) = delete;
    OpenFiles& operator=(const OpenFiles&) = delete;
    ~OpenFiles() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

TEST(CostOfAPipeline, IsTwentyDescriptorsAndEightThreadsAtMost) {
    std::thread([] {}).join();  // a sanitizer's own thread begins with the first
    const std::size_t descriptors_before = descriptors();
    const std::size_t threads_before = threads();
    auto pipeline = Pipeline::open({}, echo);
    ASSERT_TRUE(pipeline) << pipeline.error().message;
    Task task;
    task.owner = "ana";
    ASSERT_TRUE(pipeline->submitter().submit_future(task).get());  // all parts are at work
    EXPECT_LE(descriptors() - descriptors_before, 20U);
    EXPECT_LE(threads() - threads_before, 8U);
}

template <typename Open>
auto with_descriptors(std::size_t most, Open open) {
    const OpenFiles limit(most);
    return open();
}

/// Opens a part with ever more descriptors until it works. Returns how often it did not.
template <typename Open>
int refusals_until_it_opens(Open open) {
    const std::size_t before = descriptors();
    for (int refused = 0; refused < 200; ++refused) {
        const auto part = with_descriptors(before + static_cast<std::size_t>(refused), open);
        if (part) { return refused; }
        EXPECT_EQ(part.error().code, ErrorCode::unavailable) << part.error().message;
        EXPECT_EQ(descriptors(), before) << "a part that is refused leaves nothing open";
    }
    return -1;
}

/// Temporary files go into a folder of the test for a while.
class TemporaryFilesIn {
public:
    explicit TemporaryFilesIn(const std::string& folder) { ::setenv("TMPDIR", folder.c_str(), 1); }
    TemporaryFilesIn(const TemporaryFilesIn&) = delete;
    TemporaryFilesIn& operator=(const TemporaryFilesIn&) = delete;
    ~TemporaryFilesIn() {
        if (before_) {
            ::setenv("TMPDIR", before_->c_str(), 1);
        } else {
            ::unsetenv("TMPDIR");
        }
    }

private:
    static std::optional<std::string> present() {
        const char* value = std::getenv("TMPDIR");
        if (value == nullptr) { return std::nullopt; }
        return std::string(value);
    }
    std::optional<std::string> before_ = present();
};

TEST(DescriptorsOfTheHost, WhenNoneIsLeftAPipelineLeavesNoFolder) {
    const test::TempFolder folder;
    const TemporaryFilesIn temporary(folder.path());
    // A limit below every open descriptor leaves none to open, however they are numbered.
    const auto pipeline = with_descriptors(0, [] { return Pipeline::open({}, echo); });
    ASSERT_FALSE(pipeline);
    EXPECT_EQ(pipeline.error().code, ErrorCode::unavailable);
    EXPECT_EQ(entries_in(folder.path()), 0U);
}

TEST(DescriptorsOfTheHost, ThatAreNotThereAreAnAnswerOfEveryPart) {
    const test::TempFolder folder;
    const auto at = [&](const std::string& name) { return "ipc://" + folder.path() + "/" + name; };
    const auto opens_once_there_are_some = [](int refusals) {
        EXPECT_GT(refusals, 4);
        EXPECT_LT(refusals, 100);
    };
    opens_once_there_are_some(refusals_until_it_opens([] { return Pipeline::open({.workers = 2}, echo); }));
    opens_once_there_are_some(
        refusals_until_it_opens([&] { return Pipeline::open({.data_dir = folder / "data"}, echo); }));
    opens_once_there_are_some(refusals_until_it_opens([&] {
        return Ventilator::open(
            {.intake = at("i"), .control = at("c"), .events = at("e"), .durability = Durability::memory});
    }));
    opens_once_there_are_some(refusals_until_it_opens([&] {
        return Sink::open({.outcomes = at("o"),
                           .bulk = at("b"),
                           .output = at("p"),
                           .intake = at("i"),
                           .durability = Durability::memory});
    }));
    opens_once_there_are_some(refusals_until_it_opens([&] {
        return Worker::open({.control = at("c"), .outcomes = at("o"), .bulk = at("b"), .name = "w"});
    }));
    opens_once_there_are_some(refusals_until_it_opens(
        [&] { return Submitter::open({.intake = at("i"), .control = at("c"), .events = at("e")}); }));
    opens_once_there_are_some(refusals_until_it_opens(
        [&] { return Watcher::open({.events = at("e"), .control = at("c"), .output = at("p")}, {}); }));
}

TEST(DescriptorsOfTheHost, AreNamedWithTheirLimit) {
    const OpenFiles limit(descriptors() + 3);
    const auto pipeline = Pipeline::open({}, echo);
    ASSERT_FALSE(pipeline);
    EXPECT_THAT(pipeline.error().message, HasSubstr("ulimit -n"));
}

TEST(DescriptorsOfTheHost, ThatRunOutWhileAPipelineWorksFailWhatNeedsThemAlone) {
    const test::TempFolder folder;
    auto pipeline = Pipeline::open({.slots = 2}, [&](const Task& task, Context& context) -> Result<Bytes> {
        if (task.payload.empty()) { return Bytes{1}; }
        const auto stored = context.store(folder / "in");
        return stored ? Result<Bytes>(Bytes{2}) : Result<Bytes>(stored.error());
    });
    ASSERT_TRUE(pipeline) << pipeline.error().message;
    test::write_file(folder / "in", "text");
    Task needs;
    needs.owner = "ana";
    needs.payload = {1};
    Task plain;
    plain.owner = "ana";
    {
        const OpenFiles limit(descriptors() + 2);
        const auto failed = pipeline->submitter().submit_future(needs).get();
        ASSERT_TRUE(failed) << failed.error().message;
        EXPECT_EQ(failed->status, OutcomeStatus::failed);
        EXPECT_EQ(pipeline->submitter().submit_future(plain).get()->output, Bytes{1});
        EXPECT_EQ(pipeline->submitter().store(folder / "in").error().code, ErrorCode::unavailable);
    }
    EXPECT_EQ(pipeline->submitter().submit_future(needs).get()->output, Bytes{2});
    EXPECT_TRUE(pipeline->stop());
}

}  // namespace
}  // namespace nias
