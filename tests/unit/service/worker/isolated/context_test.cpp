// A handler in a process of its own has the Context that a handler on a thread has, and little else.
#include <fcntl.h>
#include <sys/socket.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>
#include <vector>

#include "support/temp_folder.hpp"
#include "unit/service/worker/isolated/lab.hpp"

namespace nias {
namespace {

using test::IsolatedHandlers;
using test::Pipe;
using testing::HasSubstr;

TEST_F(IsolatedHandlers, StoreFetchAndGiveBlobsByPathsOfTheirOwnFolder) {
    const test::TempFolder folder;
    open([&](const Task& task, Context& context) -> Result<Bytes> {
        std::filesystem::current_path(folder.path());
        test::write_file(folder / "made", std::string(300'000, 'm'));
        const auto stored = context.store("made");
        if (!stored) { return stored.error(); }
        if (auto fetched = context.fetch(*stored, "fetched"); !fetched) { return fetched.error(); }
        context.give(*stored);
        return task.payload;
    });
    const Outcome end = outcome(task(1));
    ASSERT_EQ(end.status, OutcomeStatus::succeeded) << end.error;
    EXPECT_EQ(test::read_file(folder / "fetched"), std::string(300'000, 'm'));
    ASSERT_TRUE(end.output_blob);
    EXPECT_TRUE(pipeline_->submitter().fetch(*end.output_blob, folder / "by the test"));
    EXPECT_EQ(test::read_file(folder / "by the test"), std::string(300'000, 'm'));
}

TEST_F(IsolatedHandlers, AreToldWhyAFileCannotBeStoredOrFetched) {
    open([&](const Task&, Context& context) -> Result<Bytes> {
        const std::string no_path(10'000, 'p');
        const Error errors[] = {context.store("/nowhere/at all").error(),
                                context.fetch({{}, 7}, "/tmp").error(), context.store(no_path).error()};
        std::string words;
        for (const Error& error : errors) {
            words += std::string(to_string(error.code)) + ": " + error.message;
        }
        return Bytes(words.begin(), words.end());
    });
    const Bytes output = outcome(task(1)).output;
    const std::string words(output.begin(), output.end());
    EXPECT_THAT(words, HasSubstr("/nowhere/at all"));
    EXPECT_THAT(words, HasSubstr("invalid: \"/tmp\" is no place for a file"));
    EXPECT_THAT(words, HasSubstr("invalid: a path of 10000 bytes names no file"));
}

/// The words that watchers are told of one pipeline's tasks.
class Heard {
public:
    WatcherCallbacks callbacks() {
        return {.on_log =
                    [this](const AttemptRef&, std::uint64_t offset, std::string_view bytes) {
                        const std::lock_guard lock(mutex_);
                        if (offset + bytes.size() > log_.size()) { log_.resize(offset + bytes.size()); }
                        log_.replace(offset, bytes.size(), bytes);
                        changed_.notify_all();
                    },
                .on_progress =
                    [this](const AttemptRef&, double fraction, const std::string& text) {
                        const std::lock_guard lock(mutex_);
                        progress_ = std::to_string(fraction) + " " + text;
                        changed_.notify_all();
                    }};
    }
    bool has(const std::string& log, const std::string& progress) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(30),
                                 [&] { return log_ == log && progress_.starts_with(progress); });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::string log_, progress_;
};

TEST_F(IsolatedHandlers, TellTheirLogAndProgressToThoseWhoWatch) {
    Heard heard;
    const Pipe go_on;
    open([&](const Task&, Context& context) -> Result<Bytes> {
        if (!go_on.hear()) { return Error{ErrorCode::internal, "nobody watches"}; }
        context.started();
        context.log("first\n");
        context.log(std::string(200'000, 'l'));
        context.progress(0.5, "half");
        return Bytes{};
    });
    const auto watcher = Watcher::open(pipeline_->watcher_options(), heard.callbacks());
    ASSERT_TRUE(watcher);
    auto future = submit(task(1));
    go_on.tell('g');
    EXPECT_EQ(outcome(std::move(future)).status, OutcomeStatus::succeeded);
    EXPECT_TRUE(heard.has("first\n" + std::string(200'000, 'l'), "0.5"));
}

TEST_F(IsolatedHandlers, ShowFilesOfTheirFolderToThoseWhoWatch) {
    const test::TempFolder folder;
    const Pipe go_on;
    const Pipe heard;
    open(
        [&](const Task&, Context& context) -> Result<Bytes> {
            if (!go_on.hear()) { return Error{ErrorCode::internal, "nobody watches"}; }
            std::filesystem::current_path(folder.path());
            test::write_file(folder / "fit.png", "dots");
            const Status missing = context.show_file("none.png", "none.png");
            const Status shown = context.show_file("fits/one.png", "fit.png");
            if (missing) { return Error{ErrorCode::internal, "a file was shown that is not there"}; }
            if (!shown) { return shown.error(); }
            if (heard.hear() != 'y') { return Error{ErrorCode::internal, "nobody was told"}; }
            return Bytes{};
        },
        {.data_dir = folder / "data"});
    WatcherCallbacks callbacks;
    callbacks.on_file = [&](const AttemptRef&, const std::string& name, std::uint64_t size_bytes) {
        heard.tell(name == "fits/one.png" && size_bytes == 4 ? 'y' : 'n');
    };
    const auto watcher = Watcher::open(pipeline_->watcher_options(), std::move(callbacks));
    ASSERT_TRUE(watcher);
    auto future = submit(task(1));
    go_on.tell('g');
    const Outcome end = outcome(std::move(future));
    EXPECT_EQ(end.status, OutcomeStatus::succeeded) << end.error;
}

std::string kinds_of_descriptors() {
    std::string out;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        const std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
        if (target.starts_with("socket:") || target.starts_with("anon_inode:")) { out += target[0]; }
    }
    return out;
}

TEST_F(IsolatedHandlers, HaveTheDescriptorsThatAProgramOfTheirsWouldHaveAndOneSocket) {
    int kept[2] = {-1, -1};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, kept), 0);
    const Descriptor first(kept[0]), second(kept[1]);
    auto other = Pipeline::open({}, [](const Task&, Context&) -> Result<Bytes> { return Bytes{}; });
    ASSERT_TRUE(other);
    open([&](const Task&, Context&) -> Result<Bytes> {
        const std::string kinds = kinds_of_descriptors();
        return Bytes(kinds.begin(), kinds.end());
    });
    EXPECT_EQ(outcome(task(1)).output, (Bytes{'s', 's', 's'})) << "the two of the test, and one of its own";
}

TEST_F(IsolatedHandlers, FloodMemoryUpToWhatTheirTaskAsksFor) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "a sanitizer ends a program that finds no memory";
#endif
    open([](const Task& task, Context&) -> Result<Bytes> {
        const std::size_t megabytes = task.payload.at(0) == 1 ? 8 : 512;
        const std::vector<char> memory(megabytes << 20U, 'x');
        return Bytes{static_cast<std::uint8_t>(memory.back())};
    });
    Task modest = task(1);
    modest.spec.resources.memory_bytes = 64U << 20U;
    EXPECT_EQ(outcome(modest).output, Bytes{'x'});
    Task flood = task(2);
    flood.spec.resources.memory_bytes = 64U << 20U;
    const Outcome end = outcome(flood);
    EXPECT_EQ(end.status, OutcomeStatus::failed);
    EXPECT_EQ(end.cause, Cause::out_of_memory);
    EXPECT_THAT(end.error, HasSubstr("its task asks for 67108864 bytes"));
    flood.spec.resources.memory_bytes = 0;
    EXPECT_EQ(outcome(flood).output, Bytes{'x'}) << "a task that claims nothing has no bound";
}

TEST_F(IsolatedHandlers, TellWhatTheyUsed) {
    open([](const Task&, Context&) -> Result<Bytes> {
        const std::vector<char> memory(32U << 20U, 'x');
        volatile std::uint64_t turns = 0;
        while (turns < 100'000'000) { turns = turns + 1; }
        return Bytes{static_cast<std::uint8_t>(memory.back())};
    });
    const Usage usage = outcome(task(1)).usage;
    EXPECT_GT(usage.cpu_ms, 0U);
    EXPECT_GE(usage.peak_memory_bytes, 32U << 20U);
}

TEST_F(IsolatedHandlers, OfAnotherWorkerWithinThePipelineAreItsOwn) {
    open([](const Task&, Context&) -> Result<Bytes> { return Bytes{1}; });
    const SubmitterOptions inside = pipeline_->submitter_options();
    auto worker = Worker::open({.control = inside.control,
                                .outcomes = "inproc://outcomes",
                                .bulk = inside.bulk,
                                .name = "another",
                                .isolation = Isolation::process,
                                .runtimes = {"mine"},
                                .in_process = inside.in_process});
    ASSERT_TRUE(worker) << worker.error().message;
    std::thread thread(
        [&] { EXPECT_TRUE(worker->run([](const Task&, Context&) -> Result<Bytes> { return Bytes{2}; })); });
    Task its = task(1);
    its.spec.runtime = "mine";
    EXPECT_EQ(outcome(its).output, Bytes{2});
    EXPECT_EQ(outcome(task(1)).output.size(), 1U);
    worker->stop();
    thread.join();
}

}  // namespace
}  // namespace nias
