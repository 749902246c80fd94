// Callbacks where a program wants them: on the submitter's thread, in its own loop, in a coroutine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nias/await.hpp>
#include <nias/pipeline.hpp>

#include <poll.h>

#include <atomic>
#include <future>
#include <optional>
#include <thread>

#include "support/temp_folder.hpp"

using namespace std::chrono_literals;

namespace nias {
namespace {

using ::testing::HasSubstr;

constexpr auto kPatience = 60s;

Task task_of(Bytes payload) {
    Task task;
    task.owner = "ana";
    task.payload = std::move(payload);
    return task;
}
Result<Bytes> doubles(const Task& task, Context&) {
    return Bytes{static_cast<std::uint8_t>(2 * task.payload.at(0))};
}
Pipeline pipeline_of(Worker::Handler handler = doubles) {
    auto pipeline = Pipeline::open({.drain_timeout = 0s}, handler);
    if (!pipeline) { throw std::runtime_error(pipeline.error().message); }
    return std::move(*pipeline);
}
Submitter dispatched(const Pipeline& pipeline, SubmitterCallbacks callbacks = {}) {
    SubmitterOptions options = pipeline.submitter_options();
    options.dispatched = true;
    auto submitter = Submitter::open(options, std::move(callbacks));
    if (!submitter) { throw std::runtime_error(submitter.error().message); }
    return std::move(*submitter);
}
bool is_readable(int descriptor, std::chrono::milliseconds within) {
    pollfd looked_at{.fd = descriptor, .events = POLLIN, .revents = 0};
    return ::poll(&looked_at, 1, static_cast<int>(within.count())) == 1;
}
/// A loop that does nothing but dispatch, until `done` says so.
template <typename Done>
std::size_t loop(Submitter& submitter, Done done) {
    std::size_t called = 0;
    while (!done()) {
        if (!is_readable(submitter.descriptor(), kPatience)) {
            ADD_FAILURE() << "nothing comes";
            break;
        }
        called += submitter.dispatch();
    }
    return called;
}

TEST(Dispatched, CallbacksComeInTheProgramsLoopAlone) {
    Pipeline pipeline = pipeline_of();
    std::size_t accepted = 0;  // without a lock: one thread has them all
    std::size_t ended = 0;
    const auto loops = std::this_thread::get_id();
    Submitter submitter = dispatched(
        pipeline,
        {.on_accepted = [&](const TaskId&) { accepted += std::this_thread::get_id() == loops ? 1 : 0; },
         .on_ended =
             [&](const TaskId&, TaskState state, const Outcome& outcome) {
                 EXPECT_EQ(state, TaskState::succeeded);
                 EXPECT_EQ(outcome.output, Bytes{14});
                 ended += std::this_thread::get_id() == loops ? 1 : 0;
             }});
    EXPECT_EQ(submitter.dispatch(), 0U) << "it does not wait";
    for (int i = 0; i < 50; ++i) { ASSERT_TRUE(submitter.submit_async(task_of({7}))); }
    const std::size_t called = loop(submitter, [&] { return ended == 50; });
    EXPECT_EQ(accepted, 50U);
    EXPECT_EQ(called, 100U);
    EXPECT_FALSE(is_readable(submitter.descriptor(), 0ms)) << "there is nothing more to call";
}

TEST(Dispatched, WhatTheVentilatorRefusesIsToldThereToo) {
    auto pipeline = Pipeline::open({.max_queued = 1, .drain_timeout = 0s}, [](const Task&, Context& context) {
        while (!context.cancelled()) { std::this_thread::yield(); }
        return Result<Bytes>(Bytes{});
    });
    ASSERT_TRUE(pipeline);
    std::vector<Error> reasons;
    Submitter submitter = dispatched(
        *pipeline, {.on_rejected = [&](const TaskId&, const Error& why) { reasons.push_back(why); }});
    for (int i = 0; i < 10; ++i) { ASSERT_TRUE(submitter.submit_async(task_of({7}))); }
    loop(submitter, [&] { return !reasons.empty(); });
    EXPECT_EQ(reasons.front().code, ErrorCode::overloaded);
    EXPECT_THAT(reasons.front().message, HasSubstr("1 tasks are waiting"));
}

TEST(Dispatched, FromItsCallbacksEveryCallMayWait) {
    Pipeline pipeline = pipeline_of();
    std::optional<Result<Outcome>> second;
    Submitter* self = nullptr;
    Submitter submitter = dispatched(pipeline, {.on_ended = [&](const TaskId&, TaskState, const Outcome&) {
                                         if (second) { return; }
                                         second = self->submit_future(task_of({4})).get();
                                     }});
    self = &submitter;
    ASSERT_TRUE(submitter.submit_async(task_of({1})));
    loop(submitter, [&] { return second.has_value(); });
    ASSERT_TRUE(*second);
    EXPECT_EQ((*second)->output, Bytes{8});
}

TEST(Dispatched, IsNothingForASubmitterThatCallsBackByItself) {
    Pipeline pipeline = pipeline_of();
    EXPECT_EQ(pipeline.submitter().descriptor(), -1);
    EXPECT_EQ(pipeline.submitter().dispatch(), 0U);
}

TEST(SubmitThen, CallsOnceWithTheOutcomeOrTheReasonForNone) {
    Pipeline pipeline = pipeline_of();
    Submitter& submitter = pipeline.submitter();
    std::promise<Result<Outcome>> told;
    ASSERT_TRUE(submitter.submit_then(task_of({21}),
                                      [&](Result<Outcome> outcome) { told.set_value(std::move(outcome)); }));
    auto future = told.get_future();
    ASSERT_EQ(future.wait_for(kPatience), std::future_status::ready);
    EXPECT_EQ(future.get()->output, Bytes{42});

    std::atomic<int> calls{0};
    const auto count = [&](const Result<Outcome>&) { ++calls; };
    Task bad = task_of({1});
    bad.owner.clear();
    EXPECT_EQ(submitter.submit_then(bad, count).error().code, ErrorCode::invalid);
    EXPECT_EQ(submitter.submit_then(task_of({1}), nullptr).error().code, ErrorCode::invalid);
    submitter.close();
    EXPECT_EQ(submitter.submit_then(task_of({1}), count).error().code, ErrorCode::unavailable);
    EXPECT_EQ(calls.load(), 0) << "what is returned is not told again";
}

TEST(SubmitThen, ThatThrowsEndsNothingAndIsTold) {
    Pipeline pipeline = pipeline_of();
    ASSERT_TRUE(pipeline.submitter().submit_then(task_of({1}), [](const Result<Outcome>&) { throw 42; }));
    auto after = pipeline.submitter().submit_future(task_of({2}));
    ASSERT_EQ(after.wait_for(kPatience), std::future_status::ready);
    EXPECT_TRUE(after.get());
    const auto deadline =
        std::chrono::steady_clock::now() + kPatience;  // a future is settled before callbacks
    while (pipeline.submitter().status() && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
    }
    const Status status = pipeline.submitter().status();
    ASSERT_FALSE(status);
    EXPECT_THAT(status.error().message, HasSubstr("submit_then's function"));
}

TEST(SubmitThen, OfASubmitterThatIsClosedFirstIsToldThat) {
    Pipeline pipeline = pipeline_of([](const Task&, Context& context) {
        while (!context.cancelled()) { std::this_thread::yield(); }
        return Result<Bytes>(Bytes{});
    });
    for (const bool is_dispatched : {false, true}) {
        std::promise<Result<Outcome>> told;
        auto future = told.get_future();
        SubmitterOptions options = pipeline.submitter_options();
        options.dispatched = is_dispatched;
        auto submitter = Submitter::open(options);
        ASSERT_TRUE(submitter);
        ASSERT_TRUE(submitter->submit_then(
            task_of({1}), [&](Result<Outcome> outcome) { told.set_value(std::move(outcome)); }));
        submitter->close();
        if (is_dispatched) {
            ASSERT_TRUE(is_readable(submitter->descriptor(), kPatience));
            EXPECT_EQ(submitter->dispatch(), 1U);
        }
        ASSERT_EQ(future.wait_for(kPatience), std::future_status::ready);
        EXPECT_EQ(future.get().error().code, ErrorCode::unavailable);
    }
}

/// A coroutine that begins at once, whose frame is gone when it has ended.
struct Program {
    struct promise_type {  // NOLINT(readability-identifier-naming): the language asks for this name
        Program get_return_object() { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
};

Program doubled_three_times(Submitter& submitter, std::promise<Result<Outcome>>& told) {
    Bytes number{3};
    for (int i = 0; i < 2; ++i) {
        const Result<Outcome> outcome = co_await outcome_of(submitter, task_of(number));
        if (!outcome) {
            told.set_value(outcome);
            co_return;
        }
        number = outcome->output;
    }
    told.set_value(co_await outcome_of(submitter, task_of(number)));
}

TEST(CoAwait, GoesOnWithTheOutcomeOfEachTask) {
    Pipeline pipeline = pipeline_of();
    std::promise<Result<Outcome>> told;
    auto future = told.get_future();
    doubled_three_times(pipeline.submitter(), told);
    ASSERT_EQ(future.wait_for(kPatience), std::future_status::ready);
    EXPECT_EQ(future.get()->output, Bytes{24});
}

TEST(CoAwait, GoesOnInTheLoopOfAProgramThatDispatches) {
    Pipeline pipeline = pipeline_of();
    Submitter submitter = dispatched(pipeline);
    std::promise<Result<Outcome>> told;
    auto future = told.get_future();
    doubled_three_times(submitter, told);
    EXPECT_EQ(loop(submitter, [&] { return future.wait_for(0s) == std::future_status::ready; }), 3U);
    EXPECT_EQ(future.get()->output, Bytes{24});
}

TEST(CoAwait, GoesOnAtOnceWhereTheTaskCannotBeSubmitted) {
    Pipeline pipeline = pipeline_of();
    pipeline.submitter().close();
    std::promise<Result<Outcome>> told;
    auto future = told.get_future();
    doubled_three_times(pipeline.submitter(), told);
    ASSERT_EQ(future.wait_for(0s), std::future_status::ready);
    EXPECT_EQ(future.get().error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace nias
