// A program's mistakes with a submitter are answered in words that name them, and harm nothing else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <nias/pipeline.hpp>

#include <atomic>
#include <future>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "net/socket.hpp"
#include "service/in_process.hpp"
#include "wire/codec/codec.hpp"

using namespace std::chrono_literals;

namespace nias {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr auto kPatience = 60s;

Result<Bytes> echo(const Task& task, Context&) { return task.payload; }

Task task_of(Bytes payload = {}) {
    Task task;
    task.owner = "ana";
    task.payload = std::move(payload);
    return task;
}

Pipeline open_pipeline(SubmitterCallbacks callbacks = {}) {
    auto pipeline = Pipeline::open({.window = 64}, echo, std::move(callbacks));
    if (!pipeline) { throw std::runtime_error(pipeline.error().message); }
    return std::move(*pipeline);
}

TEST(BadTask, IsRefusedAtOnceInWordsWhileItsNeighboursEnd) {
    Pipeline pipeline = open_pipeline();
    std::vector<std::future<Result<Outcome>>> good;
    std::vector<Task> bad(7, task_of());
    bad[0].owner = std::string(129, 'x');
    bad[1].spec.name = std::string(201, 'x');
    bad[2].bundle = BlobRef{{}, 1ULL << 40U};
    bad[3].spec.resources.counted = {{std::string(65, 'x'), 1}};
    bad[4].group = TaskId::make_group();  // without an id it has no place
    bad[5].group = bad[4].group;
    bad[5].group_size = 3;
    bad[5].id = bad[5].group.member(3);
    bad[6].spec.max_failures = 101;
    for (std::uint8_t i = 0; i < 255; ++i) {
        good.push_back(pipeline.submitter().submit_future(task_of({i})));
        if (i % 40 != 0) { continue; }
        const Task& one = bad[i / 40];
        auto future = pipeline.submitter().submit_future(one);
        ASSERT_EQ(future.wait_for(0s), std::future_status::ready) << "it is known before it is sent";
        EXPECT_EQ(future.get().error().code, ErrorCode::invalid);
        EXPECT_EQ(pipeline.submitter().submit(one, kPatience).error().code, ErrorCode::invalid);
        EXPECT_EQ(pipeline.submitter().submit_async(one).error().code, ErrorCode::invalid);
    }
    EXPECT_THAT(pipeline.submitter().submit(bad[0], kPatience).error().message,
                AllOf(HasSubstr("owner has 129 bytes"), HasSubstr("128")));
    for (auto& future : good) {
        ASSERT_EQ(future.wait_for(kPatience), std::future_status::ready);
        EXPECT_TRUE(future.get());
    }
}

// Another implementation, or one of another age, may send what cannot be read.
TEST(BadTask, InAFrameOfManyIsRejectedByTheVentilatorAndTheOthersAreAccepted) {
    Pipeline pipeline = open_pipeline();
    const SubmitterOptions options = pipeline.submitter_options();
    net::Context context = service::context_of(options.in_process, {});
    auto intake = net::Socket::connect(context, net::Kind::push, options.intake);
    auto events = net::Socket::connect(context, net::Kind::sub, options.events);
    ASSERT_TRUE(intake && events);
    events->subscribe("tstranger");
    wire::Submit submit{"stranger", {}};
    std::set<TaskId> waiting;
    TaskId bad;
    for (std::uint8_t i = 1; i < 17; ++i) {
        Task task = task_of({i});
        task.id.bytes.fill(i);
        if (i == 5) {
            task.owner = std::string(129, 'x');
            bad = task.id;
        }
        waiting.insert(task.id);
        submit.tasks.push_back(task);
    }
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    bool sent = false;
    std::string reason;
    while (!waiting.empty() && std::chrono::steady_clock::now() < deadline) {
        net::Socket* const sockets[] = {&*events};
        (void)net::wait_readable(sockets, nullptr, 100ms);
        std::string topic;
        std::span<std::uint8_t> frame;
        while (events->receive(topic, frame)) {
            if (!sent) { sent = static_cast<bool>(intake->send(wire::encode(submit))); }  // it is subscribed
            const auto message = wire::decode(frame);
            ASSERT_TRUE(message);
            const auto& came = std::get<wire::Events>(*message);
            for (const auto& standing : came.standing) {
                for (const TaskId& id : standing.ids) {
                    waiting.erase(id);
                    if (standing.kind != wire::EventKind::rejected) { continue; }
                    EXPECT_EQ(id, bad);
                    reason = standing.text;
                }
            }
        }
    }
    EXPECT_TRUE(waiting.empty()) << waiting.size() << " tasks have no answer";
    EXPECT_THAT(reason, HasSubstr("owner is too long"));
}

TEST(Callback, ThatThrowsWhateverItIsEndsNothingAndIsTold) {
    std::atomic<int> ended{0};
    Pipeline pipeline =
        open_pipeline({.on_accepted = [](const TaskId&) { throw std::runtime_error("no room left"); },
                       .on_ended =
                           [&](const TaskId&, TaskState, const Outcome&) {
                               ++ended;
                               throw 42;  // NOLINT(hicpp-exception-baseclass): that is the case
                           }});
    EXPECT_TRUE(pipeline.submitter().status());
    for (int i = 0; i < 3; ++i) {
        auto future = pipeline.submitter().submit_future(task_of());
        ASSERT_EQ(future.wait_for(kPatience), std::future_status::ready);
        EXPECT_TRUE(future.get());
    }
    ASSERT_TRUE(pipeline.submitter().submit(task_of(), kPatience)) << "its thread goes on";
    const Status status = pipeline.submitter().status();
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::internal);
    EXPECT_THAT(status.error().message, AllOf(HasSubstr("threw"), HasSubstr("exceptions")));
    EXPECT_GE(ended.load(), 2);
}

TEST(Callback, OfAWatcherThatThrowsEndsNothingAndIsTold) {
    Pipeline pipeline = open_pipeline();
    std::atomic<int> states{0};
    auto watcher = Watcher::open(pipeline.watcher_options(), {.on_state = [&](const TaskEvent&) {
                                     ++states;
                                     throw 42;  // NOLINT(hicpp-exception-baseclass): that is the case
                                 }});
    ASSERT_TRUE(watcher);
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (states.load() < 3 && std::chrono::steady_clock::now() < deadline) {
        ASSERT_TRUE(pipeline.submitter().submit(task_of(), kPatience));
    }
    EXPECT_GE(states.load(), 3);
    const Status status = watcher->status();
    ASSERT_FALSE(status);
    EXPECT_THAT(status.error().message, HasSubstr("on_state threw"));
}

TEST(Blame, OfACallThatWouldWaitInACallbackIsTheCall) {
    std::promise<std::pair<Error, Error>> heard;
    Submitter* submitter = nullptr;
    std::atomic<bool> first{true};
    std::promise<void> ready;
    auto is_ready = ready.get_future().share();
    Pipeline pipeline = open_pipeline({.on_ended = [&](const TaskId& id, TaskState, const Outcome&) {
        if (!first.exchange(false)) { return; }
        is_ready.wait();
        const auto submitted = submitter->submit(task_of(), kPatience);
        const auto waited = submitter->wait(id, kPatience);
        heard.set_value({submitted ? Error{} : submitted.error(), waited ? Error{} : waited.error()});
    }});
    submitter = &pipeline.submitter();
    ready.set_value();
    ASSERT_TRUE(submitter->submit_async(task_of()));
    auto errors = heard.get_future();
    ASSERT_EQ(errors.wait_for(kPatience), std::future_status::ready);
    const auto [submit, wait] = errors.get();
    for (const Error& error : {submit, wait}) {
        EXPECT_EQ(error.code, ErrorCode::invalid);
        EXPECT_THAT(error.message, HasSubstr("called from a callback"));
    }
}

TEST(Blame, BehindASlowCallbackIsTheCallback) {
    std::promise<void> began;
    std::promise<void> release;
    auto released = release.get_future().share();
    std::atomic<bool> first{true};
    Pipeline pipeline = open_pipeline({.on_ended = [&](const TaskId&, TaskState, const Outcome&) {
        if (!first.exchange(false)) { return; }
        began.set_value();
        released.wait();
    }});
    ASSERT_TRUE(pipeline.submitter().submit_async(task_of()));
    ASSERT_EQ(began.get_future().wait_for(kPatience), std::future_status::ready);
    const auto late = pipeline.submitter().submit(task_of(), 400ms);
    release.set_value();
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode::unavailable);
    EXPECT_THAT(late.error().message, HasSubstr("a callback has been running for"));
}

TEST(Blame, AfterCloseIsTheClose) {
    Pipeline pipeline = open_pipeline();
    Submitter& submitter = pipeline.submitter();
    submitter.close();
    auto future = submitter.submit_future(task_of());
    for (const Error& error :
         {submitter.submit(task_of(), kPatience).error(), submitter.submit_async(task_of()).error(),
          submitter.wait({}, kPatience).error(), submitter.cancel({}).error(), submitter.status().error(),
          future.get().error()}) {
        EXPECT_EQ(error.code, ErrorCode::unavailable);
        EXPECT_THAT(error.message, HasSubstr("closed"));
    }
}

TEST(Conflict, IsTheAnswerToAnotherTaskWithTheIdOfOneThatLives) {
    std::promise<void> release;
    auto released = release.get_future().share();
    auto pipeline = Pipeline::open({}, [released](const Task& task, Context&) -> Result<Bytes> {
        released.wait();
        return task.payload;
    });
    ASSERT_TRUE(pipeline) << pipeline.error().message;
    Task task = task_of({1});
    auto first = pipeline->submitter().submit_future(task);
    const auto id = pipeline->submitter().submit(task, kPatience);
    ASSERT_TRUE(id);
    task.id = *id;
    auto same = pipeline->submitter().submit_future(task);
    auto stranger = Submitter::open(pipeline->submitter_options());
    ASSERT_TRUE(stranger);
    EXPECT_TRUE(stranger->submit(task, kPatience)) << "the same task is the same task";
    auto another = Submitter::open(pipeline->submitter_options());
    ASSERT_TRUE(another);
    Task other = task;
    other.payload = {2};
    Task foreign = task;
    foreign.owner = "rui";
    for (const Task& differs : {other, foreign}) {
        EXPECT_EQ(pipeline->submitter().submit(differs, kPatience).error().code, ErrorCode::conflict);
        EXPECT_EQ(another->submit(differs, kPatience).error().code, ErrorCode::conflict)
            << "the ventilator knows";
        auto future = pipeline->submitter().submit_future(differs);
        EXPECT_EQ(future.get().error().code, ErrorCode::conflict);
    }
    release.set_value();
    const auto outcome = same.get();
    ASSERT_TRUE(outcome) << "a conflict takes nothing from the task that was there";
    EXPECT_EQ(outcome->output, Bytes{1});
}

TEST(Fork, TheChildIsToldThatItHasNoSubmitter) {
    auto pipeline = std::make_unique<Pipeline>(open_pipeline());
    auto submitter = Submitter::open(pipeline->submitter_options());
    ASSERT_TRUE(submitter);
    ASSERT_TRUE(submitter->submit(task_of(), kPatience));
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        int wrong = 0;
        {
            Submitter mine = std::move(*submitter);
            wrong += mine.submit(task_of(), 1s).error().code == ErrorCode::invalid ? 0 : 1;
            wrong += mine.submit_async(task_of()).error().code == ErrorCode::invalid ? 0 : 1;
            wrong += mine.submit_future(task_of()).get().error().code == ErrorCode::invalid ? 0 : 1;
            wrong += mine.wait({}, 1s).error().code == ErrorCode::invalid ? 0 : 1;
            wrong += mine.cancel({}).error().code == ErrorCode::invalid ? 0 : 1;
            wrong += mine.status() ? 1 : 0;
            mine.close();
        }
        ::_exit(wrong);
    }
    int how = 0;
    ASSERT_EQ(::waitpid(child, &how, 0), child);
    EXPECT_TRUE(WIFEXITED(how));
    EXPECT_EQ(WEXITSTATUS(how), 0);
    EXPECT_TRUE(submitter->submit(task_of(), kPatience)) << "the parent's goes on";
}

}  // namespace
}  // namespace nias
