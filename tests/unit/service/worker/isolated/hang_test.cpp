// A handler that hangs is ended by its limit, by a cancel and by a stop: it is told first, and then killed.
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cstdint>
#include <filesystem>
#include <vector>

#include "unit/service/worker/isolated/lab.hpp"
#include "unit/service/worker/lab.hpp"

using namespace std::chrono_literals;

namespace nias {
namespace {

using test::IsolatedHandlers;
using test::Pipe;
using test::run_for_ever;
using testing::HasSubstr;

Result<Bytes> hang_or_echo(const Task& task, Context&) {
    if (task.payload.at(0) == 0) { run_for_ever(); }
    return task.payload;
}

TEST_F(IsolatedHandlers, ThatHangTimeOutAtTheirLimitAndGiveTheirSlotBack) {
    open(hang_or_echo);
    Task hanging = task(0);
    hanging.spec.time_limit_ms = 200;
    auto hung = submit(hanging);
    auto next = submit(task(7));
    const Outcome end = outcome(std::move(hung));
    EXPECT_EQ(end.status, OutcomeStatus::timed_out);
    EXPECT_EQ(end.cause, Cause::time_limit);
    EXPECT_THAT(end.error, HasSubstr("200 ms"));
    EXPECT_GT(end.usage.cpu_ms, 0U);
    EXPECT_EQ(end.attempt, 1U);
    EXPECT_EQ(outcome(std::move(next)).output, Bytes{7});
}

TEST_F(IsolatedHandlers, ThatHangEndWhenTheyAreCancelled) {
    const Pipe begun;
    open([&](const Task&, Context&) -> Result<Bytes> {
        begun.tell('b');
        run_for_ever();
    });
    Task hanging = task(0);
    hanging.id = TaskId::make();
    auto future = submit(hanging);
    ASSERT_TRUE(begun.hear());
    ASSERT_TRUE(pipeline_->submitter().cancel(hanging.id));
    const Outcome end = outcome(std::move(future));
    EXPECT_EQ(end.status, OutcomeStatus::cancelled);
    EXPECT_EQ(end.error, "the handler was told to stop, did not within 1000 ms, and was killed");
}

TEST_F(IsolatedHandlers, ThatHeedACancelEndInTheirOwnWords) {
    const Pipe begun;
    open([&](const Task&, Context& context) -> Result<Bytes> {
        begun.tell('b');
        while (!context.cancelled()) {}
        return Error{ErrorCode::unavailable, "half of it is done"};
    });
    Task long_one = task(0);
    long_one.id = TaskId::make();
    auto future = submit(long_one);
    ASSERT_TRUE(begun.hear());
    ASSERT_TRUE(pipeline_->submitter().cancel(long_one.id));
    const Outcome end = outcome(std::move(future));
    EXPECT_EQ(end.status, OutcomeStatus::cancelled);
    EXPECT_EQ(end.error, "half of it is done");
}

TEST_F(IsolatedHandlers, ThatWriteAndWriteAreCancelledAllTheSame) {
    const Pipe begun;
    open([&](const Task&, Context& context) -> Result<Bytes> {
        begun.tell('b');
        while (true) { context.log(std::string(100'000, 'x')); }
    });
    Task writing = task(0);
    writing.id = TaskId::make();
    auto future = submit(writing);
    ASSERT_TRUE(begun.hear());
    ASSERT_TRUE(pipeline_->submitter().cancel(writing.id));
    EXPECT_EQ(outcome(std::move(future)).status, OutcomeStatus::cancelled);
}

TEST_F(IsolatedHandlers, ThatStoppedThemselvesAreEndedAtTheirLimitToo) {
    open([](const Task&, Context&) -> Result<Bytes> {
        ::raise(SIGSTOP);
        return Bytes{};
    });
    Task stopped = task(0);
    stopped.spec.time_limit_ms = 50;
    EXPECT_EQ(outcome(stopped).status, OutcomeStatus::timed_out);
}

std::size_t descriptors() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(all, std::filesystem::directory_iterator()));
}

TEST_F(IsolatedHandlers, ThatHangDoNotKeepAPipelineFromItsEndAndNothingIsLeft) {
    const Pipe begun;
    const std::size_t before = descriptors();
    open(
        [&](const Task&, Context&) -> Result<Bytes> {
            begun.tell('b');
            run_for_ever();
        },
        {.slots = 2, .drain_timeout = 0s});
    auto first = submit(task(0));
    auto second = submit(task(0));
    ASSERT_TRUE(begun.hear());
    ASSERT_TRUE(begun.hear());
    const auto began = std::chrono::steady_clock::now();
    EXPECT_TRUE(pipeline_->stop());
    EXPECT_LT(std::chrono::steady_clock::now() - began, 20s);
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a process of the pipeline is left";
    pipeline_.reset();
    EXPECT_EQ(descriptors(), before);
}

TEST_F(WorkerOfATest, KillsAnIsolatedHandlerThatHangsAfterItsGrace) {
    WorkerOptions isolating = options(1);
    isolating.isolation = Isolation::process;
    isolating.grace_ms = 10;
    start(isolating, [](const Task&, Context&) -> Result<Bytes> { run_for_ever(); });
    give(1, 50);
    EXPECT_EQ(reported_of(1).status, OutcomeStatus::timed_out);
    give(2);
    send(wire::Drop{{{id_of(2), 1}}});
    EXPECT_EQ(reported_of(2).status, OutcomeStatus::cancelled);
}

TEST_F(WorkerOfATest, SaysSoAndEndsWhenNoIsolatedHandlerCanBeStartedAnyMore) {
    WorkerOptions isolating = options(4);
    isolating.isolation = Isolation::process;
    isolating.drain_timeout_s = 600;
    Status ended;
    begin(isolating, [&](Worker& worker) {
        ended = worker.run([](const Task& task, Context&) -> Result<Bytes> {
            if (task.id == id_of(1)) { ::kill(::getppid(), SIGKILL); }
            run_for_ever();
        });
        return ended;
    });
    give(1);
    EXPECT_EQ(answer<wire::Declined>().attempt, (AttemptRef{id_of(1), 1}));
    thread_.join();
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code, ErrorCode::unavailable);
    EXPECT_THAT(ended.error().message, HasSubstr("the process that starts isolated handlers has ended"));
}

/// No descriptor can be opened as long as it lives. The limit is the lowest free number, not zero: poll()
/// takes no more descriptors than the limit.
class NoDescriptors {
public:
    NoDescriptors() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        rlimit none = before_;
        none.rlim_cur = static_cast<rlim_t>(Descriptor(::dup(0)).get());
        ::setrlimit(RLIMIT_NOFILE, &none);
    }
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

TEST_F(WorkerOfATest, RestsWhileThisHostHasNoProcessForAnIsolatedHandlerAndGoesOnLater) {
    WorkerOptions isolating = options(1);
    isolating.isolation = Isolation::process;
    start(isolating, [](const Task&, Context&) -> Result<Bytes> { return Bytes{7}; });
    {
        const NoDescriptors none;
        give(1);
        const auto declined = answer<wire::Declined>();
        EXPECT_EQ(declined.attempt, (AttemptRef{id_of(1), 1}));
        EXPECT_THAT(declined.reason, HasSubstr("no connection to a process for the handler"));
    }
    EXPECT_EQ(answer<wire::Credit>().total, 2U) << "it asks for tasks again";
    give(2);
    EXPECT_EQ(reported_of(2).output, Bytes{7});
}

}  // namespace
}  // namespace nias
