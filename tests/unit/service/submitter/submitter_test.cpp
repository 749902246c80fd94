// A submitter's futures promise an outcome or the reason for none, never a wait without end.
#include <gtest/gtest.h>
#include <nias/sink.hpp>
#include <nias/submitter.hpp>
#include <nias/ventilator.hpp>
#include <nias/worker.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <thread>
#include <variant>
#include <vector>

#include "net/socket.hpp"
#include "support/temp_folder.hpp"
#include "wire/codec/codec.hpp"

using namespace std::chrono_literals;

namespace nias {
namespace {

constexpr auto kPatience = 60s;

/// A ventilator, and with it a sink and a worker where a test asks for them.
class Server {
public:
    explicit Server(std::uint64_t max_queued = 1'000'000) : max_queued_(max_queued) { start(); }
    ~Server() {
        if (worker_) { worker_->stop(); }
        join(worker_thread_);
        if (sink_) { sink_->stop(); }
        join(sink_thread_);
        stop();
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    void start() {
        auto opened = Ventilator::open({.intake = at("intake"),
                                        .control = at("control"),
                                        .events = at("events"),
                                        .durability = Durability::memory,
                                        .max_queued = max_queued_});
        ASSERT_TRUE(opened) << opened.error().message;
        ventilator_.emplace(std::move(*opened));
        ventilator_thread_ = std::thread([this] { EXPECT_TRUE(ventilator_->run()); });
    }
    void stop() {
        if (ventilator_) { ventilator_->stop(); }
        join(ventilator_thread_);
        ventilator_.reset();
    }
    void work(Worker::Handler handler) {
        auto sink = Sink::open({.outcomes = at("outcomes"),
                                .bulk = at("bulk"),
                                .output = at("output"),
                                .intake = at("intake"),
                                .durability = Durability::memory});
        ASSERT_TRUE(sink) << sink.error().message;
        sink_.emplace(std::move(*sink));
        sink_thread_ = std::thread([this] { EXPECT_TRUE(sink_->run()); });
        auto worker = Worker::open({.control = at("control"),
                                    .outcomes = at("outcomes"),
                                    .bulk = at("bulk"),
                                    .name = "w1",
                                    .window = 64});
        ASSERT_TRUE(worker) << worker.error().message;
        worker_.emplace(std::move(*worker));
        worker_thread_ =
            std::thread([this, handler = std::move(handler)] { EXPECT_TRUE(worker_->run(handler)); });
    }
    [[nodiscard]] std::string path(const std::string& name) const { return folder_ / name; }
    [[nodiscard]] Submitter submitter(std::chrono::milliseconds repeat_after = 100ms,
                                      const std::string& intake = "intake") const {
        auto opened = Submitter::open({.intake = at(intake),
                                       .control = at("control"),
                                       .events = at("events"),
                                       .repeat_after = repeat_after});
        EXPECT_TRUE(opened);
        return std::move(*opened);
    }

private:
    [[nodiscard]] std::string at(const std::string& name) const { return "ipc://" + folder_ / name; }
    static void join(std::thread& thread) {
        if (thread.joinable()) { thread.join(); }
    }

    test::TempFolder folder_;
    std::uint64_t max_queued_;
    std::optional<Ventilator> ventilator_;
    std::optional<Sink> sink_;
    std::optional<Worker> worker_;
    std::thread ventilator_thread_, sink_thread_, worker_thread_;
};

Task task_of(Bytes payload = {}) {
    Task task;
    task.owner = "ana";
    task.payload = std::move(payload);
    return task;
}

Result<Bytes> echo(const Task& task, Context&) { return task.payload; }

/// Reads the future; fails where it is not ready in time.
Result<Outcome> result_of(std::future<Result<Outcome>>& future) {
    if (future.wait_for(kPatience) != std::future_status::ready) {
        return Error{ErrorCode::internal, "the future hangs"};
    }
    return future.get();
}

TEST(Futures, HoldTheOutcomeOfEachTask) {
    Server server;
    server.work(echo);
    Submitter submitter = server.submitter();
    std::vector<std::future<Result<Outcome>>> futures;
    for (std::uint8_t i = 0; i < 200; ++i) { futures.push_back(submitter.submit_future(task_of({i, 7}))); }
    for (std::uint8_t i = 0; i < 200; ++i) {
        const auto outcome = result_of(futures[i]);
        ASSERT_TRUE(outcome) << outcome.error().message;
        EXPECT_EQ(outcome->output, (Bytes{i, 7}));
    }
}

TEST(Submitter, WhoseTaskWasNotTakenTriesAgainBeforeItIsTimeToRepeat) {
    Server server;
    Submitter submitter = server.submitter(2 * kPatience, "later");  // hears the ventilator, cannot reach it
    auto future = submitter.submit_future(task_of(), kPatience / 4);
    EXPECT_FALSE(submitter.submit(task_of(), 300ms));  // by then it was tried
    std::filesystem::create_symlink(server.path("intake"), server.path("later"));
    server.work(echo);
    const auto outcome = result_of(future);
    EXPECT_TRUE(outcome) << outcome.error().message;
}

TEST(Submitter, HoldsTasksBackForAnAnswerThatDoesNotComeOnlyForAMoment) {
    Server server;
    net::Context context;
    auto silent = net::Socket::bind(context, net::Kind::pull, "ipc://" + server.path("silent"));
    ASSERT_TRUE(silent) << silent.error().message;
    Submitter submitter = server.submitter(2 * kPatience, "silent");
    std::vector<TaskId> sent;
    std::vector<TaskId> came;  // each once: what was sent before is repeated, since nobody has answered
    for (std::size_t i = 0; i < 5; ++i) {
        sent.push_back(*submitter.submit_async(task_of()));
        while (came.size() <= i) {
            net::Socket* const sockets[] = {&*silent};
            ASSERT_TRUE(net::wait_readable(sockets, nullptr, kPatience)[0])
                << "task " << i << " did not leave";
            Bytes frame;
            if (!silent->receive(frame)) { continue; }
            const auto message = wire::decode(frame);
            for (const Task& task : std::get<wire::Submit>(*message).tasks) {
                if (std::find(came.begin(), came.end(), task.id) == came.end()) { came.push_back(task.id); }
            }
        }
    }
    EXPECT_EQ(came, sent);
}

TEST(Futures, HoldAFailedOutcomeAsAnOutcome) {
    Server server;
    server.work([](const Task&, Context&) -> Result<Bytes> {
        return Error{ErrorCode::invalid, "the signal has no samples"};
    });
    Submitter submitter = server.submitter();
    auto future = submitter.submit_future(task_of());
    const auto outcome = result_of(future);
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->status, OutcomeStatus::failed);
    EXPECT_EQ(outcome->error, "the signal has no samples");
}

TEST(Futures, OfOneTaskSubmittedTwiceHoldTheSameOutcome) {
    Server server;
    Submitter submitter = server.submitter();
    const auto id = submitter.submit(task_of({5}), kPatience);
    ASSERT_TRUE(id) << id.error().message;
    Task again = task_of({5});
    again.id = *id;
    auto first = submitter.submit_future(again);
    auto second = submitter.submit_future(again);
    server.work(echo);
    const auto one = result_of(first);
    const auto two = result_of(second);
    ASSERT_TRUE(one) << one.error().message;
    ASSERT_TRUE(two) << two.error().message;
    EXPECT_EQ(*one, *two);
}

TEST(Futures, SayThatATaskWasRefusedAndWhy) {
    Server server(1);
    Submitter submitter = server.submitter();
    ASSERT_TRUE(submitter.submit(task_of(), kPatience));
    auto full = submitter.submit_future(task_of());
    const auto refused = result_of(full);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::overloaded) << refused.error().message;
    auto nobody = submitter.submit_future(Task{});
    const auto invalid = result_of(nobody);
    ASSERT_FALSE(invalid);
    EXPECT_EQ(invalid.error().code, ErrorCode::invalid) << invalid.error().message;
}

TEST(Futures, SayThatNobodyAcceptedTheTaskInTime) {
    Server server;
    server.stop();
    Submitter submitter = server.submitter();
    auto future = submitter.submit_future(task_of(), 50ms);
    const auto outcome = result_of(future);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, ErrorCode::unavailable);
    EXPECT_NE(outcome.error().message.find("is it running"), std::string::npos) << outcome.error().message;
}

TEST(Futures, SayThatTheSubmitterWasClosedFirst) {
    Server server;
    std::future<Result<Outcome>> destroyed;
    Submitter closed = server.submitter();
    auto future = closed.submit_future(task_of());
    closed.close();
    {
        Submitter submitter = server.submitter();
        destroyed = submitter.submit_future(task_of());
    }
    auto later = closed.submit_future(task_of());
    for (auto* each : {&future, &destroyed, &later}) {
        const auto outcome = result_of(*each);
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().code, ErrorCode::unavailable) << outcome.error().message;
    }
    EXPECT_EQ(closed.submit(task_of(), kPatience).error().code, ErrorCode::unavailable);
    EXPECT_EQ(closed.cancel({}).error().code, ErrorCode::unavailable);
}

TEST(Futures, SayThatAVentilatorWithoutMemoryForgotTheTask) {
    Server server;
    Submitter submitter = server.submitter();
    Task task = task_of();
    const auto id = submitter.submit(task, kPatience);
    ASSERT_TRUE(id) << id.error().message;
    task.id = *id;
    auto future = submitter.submit_future(task);
    server.stop();
    server.start();
    const auto outcome = result_of(future);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, ErrorCode::not_found) << outcome.error().message;
}

TEST(Futures, OfATaskThatIsCancelledHoldItsOutcome) {
    Server server;
    Submitter submitter = server.submitter();
    Task task = task_of();
    const auto id = submitter.submit(task, kPatience);
    ASSERT_TRUE(id) << id.error().message;
    task.id = *id;
    auto future = submitter.submit_future(task);
    ASSERT_TRUE(submitter.cancel(*id));
    const auto outcome = result_of(future);
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->status, OutcomeStatus::cancelled);
}

}  // namespace
}  // namespace nias
