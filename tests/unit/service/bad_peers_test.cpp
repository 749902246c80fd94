// Peers of a real pipeline that speak the protocol and mean harm, or are broken: each is answered or counted,
// and the pipeline goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nias/sink.hpp>
#include <nias/submitter.hpp>
#include <nias/ventilator.hpp>
#include <nias/worker.hpp>

#include <limits>
#include <optional>
#include <thread>

#include "net/socket.hpp"
#include "service/dropped_frames.hpp"
#include "service/questions.hpp"
#include "support/temp_folder.hpp"
#include "wire/codec/codec.hpp"
#include "wire/limits.hpp"

using namespace std::chrono_literals;
using testing::HasSubstr;

namespace nias {
namespace {

constexpr auto kPatience = 30s;

class BadPeers : public testing::Test {
protected:
    void SetUp() override {
        ventilator_.emplace(*part(Ventilator::open(
            {.intake = intake_, .control = control_, .events = events_, .durability = Durability::memory})));
        sink_.emplace(*part(Sink::open({.outcomes = outcomes_,
                                        .bulk = bulk_,
                                        .output = output_,
                                        .intake = intake_,
                                        .durability = Durability::memory})));
        worker_.emplace(*part(Worker::open({.control = control_, .outcomes = outcomes_, .bulk = bulk_})));
        submitter_.emplace(*part(
            Submitter::open({.intake = intake_, .control = control_, .events = events_, .bulk = bulk_})));
        threads_.emplace_back([this] { EXPECT_TRUE(ventilator_->run()); });
        threads_.emplace_back([this] { EXPECT_TRUE(sink_->run()); });
        threads_.emplace_back([this] {
            EXPECT_TRUE(
                worker_->run([](const Task& task, Context&) -> Result<Bytes> { return task.payload; }));
        });
    }
    void TearDown() override {
        const auto ended = submitter_->submit_future(task()).get();
        ASSERT_TRUE(ended) << ended.error().message;
        EXPECT_EQ(ended->status, OutcomeStatus::succeeded) << "the pipeline goes on";
        worker_->stop();
        threads_.back().join();
        threads_.pop_back();
        ventilator_->stop();
        sink_->stop();
        for (std::thread& thread : threads_) { thread.join(); }
    }
    template <typename Part>
    static Result<Part> part(Result<Part> opened) {
        EXPECT_TRUE(opened) << opened.error().message;
        return opened;
    }
    [[nodiscard]] std::string at(const std::string& name) const {
        return "ipc://" + folder_.path() + "/" + name;
    }
    static Task task() {
        Task task;
        task.owner = "lab";
        task.payload = {1, 2, 3};
        return task;
    }
    net::Socket connect(net::Kind kind, const std::string& to) {
        auto socket = net::Socket::connect(context_, kind, to);
        EXPECT_TRUE(socket) << socket.error().message;
        return std::move(*socket);
    }
    static void send(net::Socket& socket, const wire::Message& message) {
        const auto until = std::chrono::steady_clock::now() + kPatience;
        while (!socket.send(wire::encode(message))) {  // until it is connected
            ASSERT_LT(std::chrono::steady_clock::now(), until) << wire::name_of(message);
        }
    }
    template <typename Answer>
    static Answer answer_of(net::Socket& socket) {
        const auto until = std::chrono::steady_clock::now() + kPatience;
        while (std::chrono::steady_clock::now() < until) {
            net::Socket* const sockets[] = {&socket};
            (void)net::wait_readable(sockets, nullptr, 100ms);
            Bytes frame;
            if (!socket.receive(frame)) { continue; }
            auto message = wire::decode(frame);
            if (!message) { continue; }
            if (auto* answer = std::get_if<Answer>(&*message)) { return std::move(*answer); }
        }
        ADD_FAILURE() << "no answer";
        return {};
    }
    static wire::Hello hello(const std::string& worker) {
        wire::Hello hello;
        hello.worker = worker;
        hello.incarnation = 7;
        hello.runtimes = {"none of ours"};
        return hello;
    }

    const test::TempFolder folder_;
    const std::string control_ = at("control"), intake_ = at("intake"), outcomes_ = at("outcomes"),
                      bulk_ = at("bulk"), events_ = at("events"), output_ = at("output");
    std::optional<Ventilator> ventilator_;
    std::optional<Sink> sink_;
    std::optional<Worker> worker_;
    std::optional<Submitter> submitter_;
    std::vector<std::thread> threads_;
    net::Context context_;
};

TEST_F(BadPeers, MessagesAtSocketsWhereTheyDoNotBelongAreDropped) {
    auto control = connect(net::Kind::dealer, control_);
    auto intake = connect(net::Kind::push, intake_);
    auto outcomes = connect(net::Kind::push, outcomes_);
    send(control, wire::Submit{"c", {task()}});
    send(intake, hello("w"));
    send(outcomes, wire::Cancel{});
    send(intake, wire::Tasks{});
}

TEST_F(BadPeers, AWorkerWithoutACommonVersionIsRefusedInWords) {
    auto control = connect(net::Kind::dealer, control_);
    wire::Hello newer = hello("from the future");
    newer.version_min = 98;
    newer.version_max = 99;
    send(control, newer);
    EXPECT_THAT(answer_of<wire::Refused>(control).reason,
                HasSubstr("the worker 98 to 99; upgrade the older one"));
}

TEST_F(BadPeers, AWorkerIsToldToDropAttemptsThatItNeverHad) {
    auto control = connect(net::Kind::dealer, control_);
    wire::Hello liar = hello("liar");
    TaskId id;
    id.bytes[0] = 9;
    liar.held = {{id, 3}};
    send(control, liar);
    EXPECT_EQ(answer_of<wire::Welcome>(control).drop, liar.held);
}

TEST_F(BadPeers, OutcomesOfTasksThatNobodySubmittedAreSettledAndChangeNothing) {
    auto control = connect(net::Kind::dealer, control_);
    send(control, hello("inventor"));
    (void)answer_of<wire::Welcome>(control);
    Outcome invented;
    invented.id.bytes[0] = 9;
    invented.attempt = 1;
    auto outcomes = connect(net::Kind::push, outcomes_);
    send(outcomes, wire::OutcomeReport{"inventor", {invented}});
    EXPECT_EQ(answer_of<wire::Settled>(control).attempts, (std::vector<AttemptRef>{{invented.id, 1}}));
}

TEST_F(BadPeers, HugeAndBackwardCreditsOfAFloodAreCut) {
    auto control = connect(net::Kind::dealer, control_);
    send(control, hello("greedy"));
    (void)answer_of<wire::Welcome>(control);
    for (std::uint64_t number = 1; number < 2'000; ++number) {
        send(control, wire::Credit{7, number, std::numeric_limits<std::uint64_t>::max() - number});
    }
    send(control, wire::Credit{7, std::numeric_limits<std::uint64_t>::max(), 0});
    send(control, wire::Beat{7, 1, std::numeric_limits<std::uint32_t>::max(), true, 0});
    EXPECT_EQ(answer_of<wire::Beat>(control).incarnation, 7U);
}

TEST_F(BadPeers, FramesPastTheBoundReachNobodyAtAnySocket) {
    const std::vector<std::pair<net::Kind, std::string>> all{{net::Kind::push, intake_},
                                                             {net::Kind::dealer, control_},
                                                             {net::Kind::push, outcomes_},
                                                             {net::Kind::dealer, bulk_}};
    for (const auto& [kind, to] : all) {
        auto hostile = connect(kind, to);
        const Bytes frame(wire::kFrameBytesMax + 1, 0x93);
        const auto until = std::chrono::steady_clock::now() + kPatience;
        while (!hostile.send(frame)) { ASSERT_LT(std::chrono::steady_clock::now(), until) << to; }
    }
    auto control = connect(net::Kind::dealer, control_);  // the sockets serve who keeps to the bounds
    send(control, wire::Query{task().id});
    EXPECT_FALSE(answer_of<wire::Explained>(control).known);
    auto bulk = connect(net::Kind::dealer, bulk_);
    send(bulk, wire::Get{{}, 0, 1});
    EXPECT_FALSE(answer_of<wire::BulkRefused>(bulk).reason.empty());
}

TEST_F(BadPeers, PeersOfAnotherRoleAtEverySocketStopNothing) {
    std::vector<net::Socket> wrong;
    for (const std::string& to : {control_, intake_, outcomes_, bulk_, events_, output_}) {
        for (const net::Kind kind : {net::Kind::push, net::Kind::pull, net::Kind::router, net::Kind::dealer,
                                     net::Kind::sub, net::Kind::xpub}) {
            wrong.push_back(connect(kind, to));
            if (kind == net::Kind::sub) { wrong.back().subscribe(""); }
            if (kind == net::Kind::push || kind == net::Kind::dealer) {
                (void)wrong.back().send(wire::encode(wire::Rehello{}));  // taken only where the roles fit
            }
        }
    }
    auto control = connect(net::Kind::dealer, control_);
    send(control, wire::Query{task().id});
    EXPECT_FALSE(answer_of<wire::Explained>(control).known);
}

TEST_F(BadPeers, NumbersAtTheEdgeOfEachFieldAreTakenOrRefusedInWords) {
    constexpr auto most32 = std::numeric_limits<std::uint32_t>::max();
    constexpr auto most64 = std::numeric_limits<std::uint64_t>::max();
    auto control = connect(net::Kind::dealer, control_);
    wire::Hello huge = hello("huge");
    huge.slots = huge.cpus = huge.gpus = most32;
    huge.memory_bytes = huge.incarnation = most64;
    huge.runtimes = {"lathe"};
    huge.held = {{task().id, most32}};
    send(control, huge);
    EXPECT_EQ(answer_of<wire::Welcome>(control).drop, huge.held);
    send(control, wire::Credit{most64, most64, most64});
    send(control, wire::Started{{{task().id, most32}}});
    send(control, wire::Declined{{task().id, most32}, ""});

    Task edge = task();
    edge.spec.runtime = "lathe";
    edge.spec.resources = {.cpus = most32, .gpus = most32, .memory_bytes = most64};
    edge.spec.time_limit_ms = most64;
    edge.spec.priority = std::numeric_limits<std::int32_t>::min();
    edge.spec.max_attempts = 100;
    auto ended = submitter_->submit_future(edge);
    for (const std::uint32_t attempts : {0U, 101U, most32}) {
        Task refused = task();
        refused.spec.max_attempts = attempts;
        const auto told = submitter_->submit_future(refused).get();
        ASSERT_FALSE(told) << attempts;
        EXPECT_THAT(told.error().message, HasSubstr("max_attempts"));
    }
    const auto given = answer_of<wire::Tasks>(control);
    ASSERT_EQ(given.tasks.size(), 1U);
    Outcome outcome;
    outcome.id = given.tasks[0].id;
    outcome.attempt = given.tasks[0].attempt;
    outcome.usage = {most64, most64, most64};
    outcome.exit_code = outcome.signal = std::numeric_limits<std::int32_t>::min();
    outcome.started_unix_ms = std::numeric_limits<std::int64_t>::max();
    outcome.ended_unix_ms = std::numeric_limits<std::int64_t>::min();
    auto outcomes = connect(net::Kind::push, outcomes_);
    send(outcomes, wire::OutcomeReport{"huge", {outcome}});
    const auto told = ended.get();
    ASSERT_TRUE(told) << told.error().message;
    EXPECT_EQ(told->exit_code, outcome.exit_code);
    EXPECT_EQ(told->usage, outcome.usage);

    auto bulk = connect(net::Kind::dealer, bulk_);
    send(bulk, wire::Get{{}, wire::kBlobBytesMax, most64});
    EXPECT_FALSE(answer_of<wire::BulkRefused>(bulk).reason.empty());
    send(bulk, wire::Grant{{}, wire::kBlobBytesMax, most64});
    EXPECT_FALSE(answer_of<wire::BulkRefused>(bulk).reason.empty());
    send(bulk, wire::LogChunk{{task().id, most32}, most64, Bytes{1}});
    (void)answer_of<wire::Grant>(bulk);
    send(control, wire::Goodbye{most64, {}, ""});  // else it is handed the task that the test ends with
    (void)answer_of<wire::Goodbye>(control);
}

TEST_F(BadPeers, AWorkerWhereNoJobCanBeRunIsPausedUntilItIsResumed) {
    auto control = connect(net::Kind::dealer, control_);
    wire::Hello broken = hello("broken");
    broken.runtimes = {"lathe"};
    send(control, broken);
    (void)answer_of<wire::Welcome>(control);
    for (int i = 0; i < 3; ++i) {
        Task job = task();
        job.spec.runtime = "lathe";
        job.spec.max_attempts = 100;
        ASSERT_TRUE(submitter_->submit(job, kPatience));
    }
    send(control, wire::Credit{7, 1, 3});
    wire::OutcomeReport report{"broken", {}};
    while (report.outcomes.size() < 3) {
        const auto given = answer_of<wire::Tasks>(control);
        ASSERT_FALSE(given.tasks.empty());
        for (const Task& job : given.tasks) {
            Outcome outcome;
            outcome.id = job.id;
            outcome.attempt = job.attempt;
            outcome.status = OutcomeStatus::could_not_run;
            outcome.error = "the lathe has no power";
            report.outcomes.push_back(outcome);
        }
    }
    auto outcomes = connect(net::Kind::push, outcomes_);
    send(outcomes, report);
    EXPECT_EQ(answer_of<wire::Settled>(control).attempts.size(), 3U);
    const auto row_of = [&] {
        const auto roll = service::list_workers(control_, false, kPatience);
        EXPECT_TRUE(roll && roll->workers.size() > 1) << "the pipeline's own, and the broken one";
        return roll && !roll->workers.empty() ? roll->workers.front() : wire::WorkerRow{};
    };
    EXPECT_EQ(row_of().name, "broken");
    EXPECT_EQ(row_of().state, wire::WorkerState::paused);
    EXPECT_THAT(row_of().reason, HasSubstr("the last: broken: the lathe has no power"));
    const auto resumed = service::order_worker(control_, {.worker = "broken"}, kPatience);
    ASSERT_TRUE(resumed) << resumed.error().message;
    EXPECT_THAT(*resumed, HasSubstr("the lathe has no power"));
    EXPECT_EQ(row_of().state, wire::WorkerState::ready);
    const auto again = service::order_worker(control_, {.worker = "broken"}, kPatience);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::conflict);
    EXPECT_EQ(again.error().message, "worker broken: it is not paused");
}

TEST(DroppedFrames, OfAFloodAreCountedAndToldOnceAMinute) {
    service::DroppedFrames dropped("intake");
    const Time begun = Time{} + 1h;
    testing::internal::CaptureStderr();
    for (int i = 0; i < 1'000; ++i) { dropped.add("not a message", begun + 10s); }
    EXPECT_THAT(testing::internal::GetCapturedStderr(),
                HasSubstr("intake: a frame was dropped: not a message"));
    testing::internal::CaptureStderr();
    dropped.add_misplaced("Hello", begun + 71s);
    EXPECT_THAT(testing::internal::GetCapturedStderr(),
                HasSubstr("intake: 1000 frames were dropped, the last: Hello does not belong here"));
    testing::internal::CaptureStderr();
    dropped.add("not a message", begun + 72s);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    EXPECT_EQ(dropped.count(), 1'002U);
}

}  // namespace
}  // namespace nias
