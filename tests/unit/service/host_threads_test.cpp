// A host that gives no more threads is an answer of every part, and not the end of the program.
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <nias/keys.hpp>
#include <nias/pipeline.hpp>
#include <nias/sink.hpp>
#include <nias/ventilator.hpp>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace nias {
namespace {

using testing::HasSubstr;

Result<Bytes> echo(const Task& task, Context&) { return task.payload; }

std::size_t threads() {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator()));
}

/// A thread that was joined is counted by the kernel for a moment longer.
bool are_so_many_threads(std::size_t wanted) {
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (threads() != wanted && std::chrono::steady_clock::now() < until) { std::this_thread::yield(); }
    return threads() == wanted;
}

/// A lower limit of this user's threads for a while.
class ThreadsAtMost {
public:
    explicit ThreadsAtMost(std::size_t most) {
        ::getrlimit(RLIMIT_NPROC, &before_);
        rlimit lower = before_;
        lower.rlim_cur = most;
        ::setrlimit(RLIMIT_NPROC, &lower);
    }
    ThreadsAtMost(const ThreadsAtMost&) = delete;
    ThreadsAtMost& operator=(const ThreadsAtMost&) = delete;
    ~ThreadsAtMost() { ::setrlimit(RLIMIT_NPROC, &before_); }

private:
    rlimit before_{};
};

/// The limit counts all threads of a user. So a test runs in a process of a user that has no other; what it
/// expects there is expected here.
class ThreadsOfTheHost : public testing::Test {
protected:
    void SetUp() override {
        if (::geteuid() != 0) { GTEST_SKIP() << "only root may become a user who has no other process"; }
#ifdef __SANITIZE_THREAD__
        GTEST_SKIP() << "a forked process may start no threads under ThreadSanitizer";
#endif
        ASSERT_EQ(::chmod(folder_.path().c_str(), 0777), 0);
    }
    static void as_another_user(const std::function<void()>& check) {
        std::fflush(nullptr);
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            const auto user = static_cast<uid_t>(200'000 + ::getpid());
            EXPECT_TRUE(::setgroups(0, nullptr) == 0 && ::setresgid(user, user, user) == 0 &&
                        ::setresuid(user, user, user) == 0);
            EXPECT_EQ(::prctl(PR_SET_DUMPABLE, 1), 0);  // else /proc/self is root's
            check();
            std::fflush(nullptr);
            ::_exit(HasFailure() ? 1 : 0);
        }
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0) << "see the words of the process above, or its signal";
    }
    [[nodiscard]] std::string at(const std::string& name) const {
        return "ipc://" + folder_.path() + "/" + name;
    }
    [[nodiscard]] VentilatorOptions ventilator() const {
        return {.intake = at("i"), .control = at("c"), .events = at("e"), .durability = Durability::memory};
    }
    [[nodiscard]] SinkOptions sink() const {
        return {.outcomes = at("o"),
                .bulk = at("b"),
                .output = at("p"),
                .intake = at("i"),
                .durability = Durability::memory,
                .blob_dir = folder_ / "blobs"};
    }
    [[nodiscard]] WorkerOptions worker(std::uint32_t slots = 1) const {
        return {.control = at("c"), .outcomes = at("o"), .bulk = at("b"), .name = "w", .slots = slots};
    }

    const test::TempFolder folder_;
};

/// Opens a part with ever more threads until it works, which takes at least `threads_at_least` of them.
template <typename Open>
void is_refused_until_there_are(int threads_at_least, Open open) {
    const std::size_t before = threads();
    for (int refused = 0; refused < 40; ++refused) {
        {
            const ThreadsAtMost limit(before + static_cast<std::size_t>(refused));
            const auto part = open();
            if (part) {
                EXPECT_GE(refused, threads_at_least);
                return;
            }
            EXPECT_EQ(part.error().code, ErrorCode::unavailable) << part.error().message;
            EXPECT_THAT(part.error().message, HasSubstr("ulimit -u"));
        }
        ASSERT_TRUE(are_so_many_threads(before)) << "a part that is refused leaves nothing that runs";
    }
    ADD_FAILURE() << "it does not open with 40 threads";
}

TEST_F(ThreadsOfTheHost, ThatAreNotThereAreAnAnswerOfEachPart) {
    as_another_user([&] {
        is_refused_until_there_are(2, [&] { return Ventilator::open(ventilator()); });
        VentilatorOptions durable = ventilator();
        durable.durability = Durability::durable;
        durable.data_dir = folder_ / "ventilator";
        is_refused_until_there_are(3, [&] { return Ventilator::open(durable); });
        is_refused_until_there_are(3, [&] { return Sink::open(sink()); });
        is_refused_until_there_are(2, [&] { return Worker::open(worker()); });
        is_refused_until_there_are(
            3, [&] { return Submitter::open({.intake = at("i"), .control = at("c"), .events = at("e")}); });
        is_refused_until_there_are(
            3, [&] { return Watcher::open({.events = at("e"), .control = at("c"), .output = at("p")}, {}); });
    });
}

TEST_F(ThreadsOfTheHost, ThatAreNotThereAreAnAnswerOfAWholePipeline) {
    as_another_user([&] {
        is_refused_until_there_are(6, [] { return Pipeline::open({.workers = 2, .slots = 2}, echo); });
        is_refused_until_there_are(6, [&] { return Pipeline::open({.data_dir = folder_ / "d"}, echo); });
    });
}

TEST_F(ThreadsOfTheHost, ThatAreNotThereAreAnAnswerOfAPartThatJudgesKeys) {
    as_another_user([&] {
        VentilatorOptions options = ventilator();
        options.intake = options.control = options.events = "tcp://127.0.0.1:0";
        options.keys = folder_ / "keys";
        is_refused_until_there_are(3, [&] { return Ventilator::open(options); });
    });
}

TEST_F(ThreadsOfTheHost, ThatAreNotThereEndARunInWords) {
    as_another_user([&] {
        auto works = Worker::open(worker(8));
        ASSERT_TRUE(works) << works.error().message;
        auto keeps = Sink::open(sink());
        ASSERT_TRUE(keeps) << keeps.error().message;
        const std::size_t before = threads();
        for (const std::size_t more : {0U, 1U, 7U}) {
            const ThreadsAtMost limit(before + more);
            const Status ended = works->run(echo);
            ASSERT_FALSE(ended);
            EXPECT_EQ(ended.error().code, ErrorCode::unavailable);
            EXPECT_THAT(ended.error().message, HasSubstr("a worker of 8 slots needs a thread"));
            EXPECT_TRUE(are_so_many_threads(before));
        }
        const ThreadsAtMost limit(before);
        const Status ended = keeps->run();
        ASSERT_FALSE(ended);
        EXPECT_EQ(ended.error().code, ErrorCode::unavailable);
    });
}

TEST_F(ThreadsOfTheHost, ThatAreNotThereForIsolatedHandlersAreAnAnswerToo) {
    as_another_user([&] {
        is_refused_until_there_are(6, [] { return Pipeline::open({.isolation = Isolation::process}, echo); });
        WorkerOptions options = worker(2);
        options.isolation = Isolation::process;
        auto works = Worker::open(options);
        ASSERT_TRUE(works) << works.error().message;
        for (const std::size_t more : {0U, 1U, 2U}) {  // the zygote is a process, and each slot a thread
            const ThreadsAtMost limit(threads() + more);
            const Status ended = works->run(echo);
            ASSERT_FALSE(ended);
            EXPECT_EQ(ended.error().code, ErrorCode::unavailable);
            EXPECT_THAT(ended.error().message, HasSubstr("ulimit -u"));
        }
    });
}

TEST_F(ThreadsOfTheHost, ThatRunOutWhileAPipelineWorksFailNothing) {
    test::write_file(folder_ / "large",
                     std::string(3'000'000, 'x'));  // large files are hashed by two threads
    as_another_user([&] {
        auto pipeline = Pipeline::open({}, echo);
        ASSERT_TRUE(pipeline) << pipeline.error().message;
        const ThreadsAtMost limit(threads());
        const auto stored = pipeline->submitter().store(folder_ / "large");
        ASSERT_TRUE(stored) << stored.error().message;
        const auto fetched = pipeline->submitter().fetch(*stored, folder_ / "back");
        EXPECT_TRUE(fetched) << fetched.error().message;
        EXPECT_EQ(fs::file_size(folder_ / "back"), 3'000'000U);
        EXPECT_TRUE(pipeline->stop());
    });
}

}  // namespace
}  // namespace nias
