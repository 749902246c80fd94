// A worker that was stopped ends when nothing can be settled any more.
#include "service/worker/drain.hpp"

#include <nias/sink.hpp>
#include <nias/submitter.hpp>
#include <nias/ventilator.hpp>

#include <filesystem>

#include "unit/service/worker/lab.hpp"

using namespace std::chrono_literals;

namespace nias {
namespace {

using service::Drain;
using End = service::Drain::End;

constexpr Time at(std::chrono::milliseconds since) { return Time{} + 1h + since; }

TEST(Drain, IsNotOverBeforeItHasBegunAndIsOverOnceAllIsDone) {
    Drain drain({.whole = 60s, .settling = 5s});
    EXPECT_EQ(drain.look(at(1h), true, 0, 0), End::not_yet);
    drain.begin(at(0s));
    EXPECT_EQ(drain.look(at(1s), false, 1, 0), End::not_yet);
    EXPECT_EQ(drain.look(at(2s), true, 0, 0), End::done);
}

TEST(Drain, EndsWhenNoOutcomeWasSettledForAWhileAndNoTaskRuns) {
    Drain drain({.whole = 600s, .settling = 5s});
    drain.begin(at(0s));
    EXPECT_EQ(drain.look(at(0s), false, 0, 3), End::not_yet);
    EXPECT_EQ(drain.look(at(4s), false, 0, 2), End::not_yet);  // one was settled
    EXPECT_EQ(drain.look(at(9s), false, 0, 2), End::not_yet);
    EXPECT_EQ(drain.look(at(9001ms), false, 0, 2), End::nobody_settles);
}

TEST(Drain, GivesATaskThatRunsItsWholeTime) {
    Drain drain({.whole = 600s, .settling = 5s});
    drain.begin(at(0s));
    EXPECT_EQ(drain.look(at(0s), false, 1, 3), End::not_yet);
    EXPECT_EQ(drain.look(at(599s), false, 1, 3), End::not_yet);
    EXPECT_EQ(drain.look(at(599s), false, 0, 4), End::not_yet);  // it has just ended
    EXPECT_EQ(drain.look(at(601s), false, 1, 3), End::out_of_time);
}

TEST_F(WorkerOfATest, StopsThoughNobodySettlesWhatItDid) {
    WorkerOptions patient = options(1);
    patient.drain_timeout_s = 600;
    patient.settle_timeout_s = 1;
    start(patient, [](const Task&, Context&) -> Result<Bytes> { return Bytes{1}; });
    give(1);
    ASSERT_EQ(reported(1).size(), 1U);
    const auto begun = std::chrono::steady_clock::now();
    stop();
    const auto took = std::chrono::steady_clock::now() - begun;
    EXPECT_GE(took, 1s);
    EXPECT_LT(took, kPatience);
}

TEST_F(WorkerOfATest, KeepsInItsOutboxWhatNobodySettledBeforeItStopped) {
    WorkerOptions patient = options(1);
    patient.drain_timeout_s = 600;
    patient.settle_timeout_s = 0;
    patient.outbox = folder_ / "outbox";
    start(patient, [](const Task&, Context&) -> Result<Bytes> { return Bytes{1}; });
    give(1);
    ASSERT_EQ(reported(1).size(), 1U);
    stop();
    EXPECT_TRUE(std::filesystem::exists(folder_ / ("outbox/" + to_string(id_of(1)) + "-1")));
}

TEST_F(WorkerOfATest, WaitsForATaskThatRunsLongerThanTheTimeForSettling) {
    WorkerOptions patient = options(1);
    patient.drain_timeout_s = 600;
    patient.settle_timeout_s = 0;
    std::atomic<bool> running{false};
    std::atomic<bool> go_on{false};
    start(patient, [&](const Task&, Context&) -> Result<Bytes> {
        running = true;
        running.notify_all();
        go_on.wait(false);
        return Bytes{1};
    });
    give(1);
    running.wait(false);
    worker_->stop();
    while (!answer<wire::Beat>().draining) {}
    go_on = true;
    go_on.notify_all();
    EXPECT_EQ(reported(1)[id_of(1)].output, Bytes{1});
}

}  // namespace
}  // namespace nias
