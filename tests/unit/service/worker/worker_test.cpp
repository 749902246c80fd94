// A worker whose ventilator and sink are in the test's hands: what becomes of frames that arrive together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nias/worker.hpp>

#include <future>
#include <map>
#include <optional>
#include <thread>

#include "net/socket.hpp"
#include "support/temp_folder.hpp"
#include "wire/codec/codec.hpp"

using namespace std::chrono_literals;

namespace nias {
namespace {

constexpr auto kPatience = 30s;

class WorkerOfATest : public testing::Test {
protected:
    void SetUp() override {
        control_.emplace(bind(net::Kind::router, "control"));
        outcomes_.emplace(bind(net::Kind::pull, "outcomes"));
    }
    void TearDown() override {
        if (!worker_) { return; }
        worker_->stop();
        thread_.join();
    }
    net::Socket bind(net::Kind kind, const std::string& name) {
        auto socket = net::Socket::bind(context_, kind, address(name));
        EXPECT_TRUE(socket) << socket.error().message;
        return std::move(*socket);
    }
    [[nodiscard]] std::string address(const std::string& name) const {
        return "ipc://" + folder_.path() + "/" + name;
    }
    /// Has said Hello, was welcomed, and has granted its window.
    void start(std::uint32_t window, Worker::Handler handler) {
        WorkerOptions options;
        options.control = address("control");
        options.outcomes = address("outcomes");
        options.bulk = address("bulk");
        options.name = "w1";
        options.slots = 1;
        options.window = window;
        options.drain_timeout_s = 0;  // nobody settles what it reports
        auto opened = Worker::open(options);
        ASSERT_TRUE(opened) << opened.error().message;
        worker_.emplace(std::move(*opened));
        thread_ = std::thread([this, handler = std::move(handler)] { (void)worker_->run(handler); });
        incarnation_ = answer<wire::Hello>().incarnation;
        wire::Welcome welcome;
        welcome.incarnation = incarnation_;
        send(welcome);
        EXPECT_EQ(answer<wire::Credit>().total, window);
    }
    void send(const wire::Message& message) { ASSERT_TRUE(control_->send(peer_, wire::encode(message))); }
    void give(std::uint8_t n, std::uint64_t time_limit_ms = 0) {
        Task task;
        task.spec.time_limit_ms = time_limit_ms;
        task.id = id_of(n);
        task.attempt = 1;
        task.owner = "ana";
        send(wire::Tasks{incarnation_, ++sent_, {task}});
    }
    static TaskId id_of(std::uint8_t n) {
        TaskId id;
        id.bytes[15] = n;
        return id;
    }
    template <typename Message>
    Message answer() {
        const auto until = std::chrono::steady_clock::now() + kPatience;
        while (std::chrono::steady_clock::now() < until) {
            net::Socket* const sockets[] = {&*control_};
            (void)net::wait_readable(sockets, nullptr, 100ms);
            Bytes frame;
            if (!control_->receive(peer_, frame)) { continue; }
            auto message = wire::decode(frame);
            if (!message) { continue; }
            if (auto* found = std::get_if<Message>(&*message)) { return std::move(*found); }
        }
        ADD_FAILURE() << "no answer";
        return {};
    }
    /// What was reported, once it is of so many attempts.
    std::map<TaskId, Outcome> reported(std::size_t count) {
        std::map<TaskId, Outcome> out;
        const auto until = std::chrono::steady_clock::now() + kPatience;
        while (out.size() < count && std::chrono::steady_clock::now() < until) {
            net::Socket* const sockets[] = {&*outcomes_};
            (void)net::wait_readable(sockets, nullptr, 100ms);
            Bytes frame;
            if (!outcomes_->receive(frame)) { continue; }
            auto message = wire::decode(frame);
            EXPECT_TRUE(message);
            for (const Outcome& outcome : std::get<wire::OutcomeReport>(*message).outcomes) {
                out[outcome.id] = outcome;
            }
        }
        return out;
    }

    const test::TempFolder folder_;
    net::Context context_;
    std::optional<net::Socket> control_;
    std::optional<net::Socket> outcomes_;
    std::optional<Worker> worker_;
    std::thread thread_;
    std::string peer_;
    std::uint64_t incarnation_ = 0;
    std::uint64_t sent_ = 0;
};

/// Ends when it is told to, or in its own time: too late for the tests below.
Result<Bytes> until_cancelled(const Task&, Context& context) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (!context.cancelled() && std::chrono::steady_clock::now() < until) { std::this_thread::yield(); }
    return Error{ErrorCode::unavailable, context.cancelled() ? "stopped" : "nobody stopped it"};
}

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
