// Frames that arrive together, and tasks that pass their time limit.
#include <gmock/gmock.h>
#include <nias/sink.hpp>

#include <future>

#include "unit/service/worker/lab.hpp"

using namespace std::chrono_literals;

namespace nias {
namespace {

TEST_F(WorkerOfATest, StopsATaskWhoseDropCameWithIt) {
    constexpr std::uint8_t kCount = 100;
    start(kCount, until_cancelled);
    for (std::uint8_t n = 1; n <= kCount; ++n) {
        give(n);
        send(wire::Drop{{{id_of(n), 1}}});
    }
    const auto outcomes = reported(kCount);
    EXPECT_EQ(outcomes.size(), kCount);
    for (const auto& [id, outcome] : outcomes) { EXPECT_EQ(outcome.status, OutcomeStatus::cancelled); }
}

TEST_F(WorkerOfATest, GivesBackWhatHasNotBegunAndSaysStartedOfWhatHas) {
    std::promise<void> begun;
    start(8, [&, first = true](const Task& task, Context& context) mutable {
        if (std::exchange(first, false)) { begun.set_value(); }
        return until_cancelled(task, context);
    });
    for (std::uint8_t n = 1; n <= 4; ++n) { give(n); }
    ASSERT_EQ(begun.get_future().wait_for(kPatience), std::future_status::ready);
    send(wire::Retract{{{id_of(4), 1}, {id_of(3), 1}}});
    const auto given_back = answer<wire::Retracted>();
    EXPECT_THAT(given_back.attempts,
                testing::UnorderedElementsAre(AttemptRef{id_of(3), 1}, AttemptRef{id_of(4), 1}));
    send(wire::Drop{{{id_of(2), 1}}});
    send(wire::Retract{{{id_of(1), 1}}});
    EXPECT_THAT(answer<wire::Started>().attempts, testing::ElementsAre(AttemptRef{id_of(1), 1}));
    send(wire::Drop{{{id_of(1), 1}}});
    EXPECT_EQ(reported(2).size(), 2U);
}

TEST_F(WorkerOfATest, SaysByItselfThatAHandlerRunsOnceItHasRunForAWhile) {
    start(1, until_cancelled);
    give(1);
    EXPECT_THAT(answer<wire::Started>().attempts, testing::ElementsAre(AttemptRef{id_of(1), 1}));
    send(wire::Drop{{{id_of(1), 1}}});
    EXPECT_EQ(reported(1).size(), 1U);
}

TEST_F(WorkerOfATest, TakesCallsOfSeveralThreadsOfAHandlerInTurn) {
    auto sink = Sink::open({.outcomes = address("outcomes of nobody"),
                            .bulk = address("bulk"),
                            .output = address("output"),
                            .intake = address("intake"),
                            .durability = Durability::memory});
    ASSERT_TRUE(sink) << sink.error().message;
    std::thread takes_logs([&] { EXPECT_TRUE(sink->run()); });
    start(1, [](const Task&, Context& context) -> Result<Bytes> {
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&context] {
                for (int line = 0; line < 200; ++line) {
                    context.log("a line\n");
                    context.progress(0.5, "half");
                    if (context.cancelled()) { return; }
                }
            });
        }
        for (std::thread& thread : threads) { thread.join(); }
        return Bytes{1};
    });
    give(1);
    EXPECT_EQ(reported(1)[id_of(1)].output, Bytes{1});
    sink->stop();
    takes_logs.join();
}

TEST_F(WorkerOfATest, EndsATaskThatPassesItsTimeLimitAsTimedOut) {
    start(1, until_cancelled);
    give(1, 50);
    const Outcome outcome = reported(1)[id_of(1)];
    EXPECT_EQ(outcome.status, OutcomeStatus::timed_out);
    EXPECT_EQ(outcome.cause, Cause::time_limit);
    EXPECT_EQ(outcome.error, "it ran past its time limit of 50 ms");
    EXPECT_GE(outcome.usage.wall_ms, 50U);
}

TEST_F(WorkerOfATest, TakesNoResultThatComesAfterTheTimeLimit) {
    start(1, [](const Task&, Context&) -> Result<Bytes> {
        const auto late = std::chrono::steady_clock::now() + 60ms;
        while (std::chrono::steady_clock::now() < late) { std::this_thread::yield(); }
        return Bytes{1};
    });
    give(1, 50);
    const Outcome outcome = reported(1)[id_of(1)];
    EXPECT_EQ(outcome.status, OutcomeStatus::timed_out);
    EXPECT_TRUE(outcome.output.empty());
}

TEST_F(WorkerOfATest, AFileThatNobodyServesHoldsATaskNoLongerThanItsLimit) {
    start(1, [this](const Task&, Context& context) -> Result<Bytes> {
        const auto fetched = context.fetch({{}, 1}, folder_.path() + "/file");
        if (!fetched) { return fetched.error(); }
        return Bytes{};
    });
    give(1, 100);
    EXPECT_EQ(reported(1)[id_of(1)].status, OutcomeStatus::timed_out);
}

TEST_F(WorkerOfATest, ATaskThatIsStoppedBeforeItsLimitIsCancelledAndOneWithinItSucceeds) {
    start(2, [](const Task& task, Context& context) -> Result<Bytes> {
        if (task.id == id_of(1)) { return Bytes{1}; }
        return until_cancelled(task, context);
    });
    constexpr std::uint64_t kLong = ~0ULL;
    give(1, kLong);
    give(2, kLong);
    send(wire::Drop{{{id_of(2), 1}}});
    const auto outcomes = reported(2);
    EXPECT_EQ(outcomes.at(id_of(1)).status, OutcomeStatus::succeeded);
    EXPECT_EQ(outcomes.at(id_of(2)).status, OutcomeStatus::cancelled);
}

}  // namespace
}  // namespace nias
