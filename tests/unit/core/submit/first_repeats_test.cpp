// Early repeats of a submitter that was not answered yet.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "core/submit/submit.hpp"
#include "unit/core/dispatch/records.hpp"

using namespace std::chrono_literals;

namespace nias::core {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A core of whose tasks the ventilator has not answered for any, as after a start.
class SubmitStart : public ::testing::Test {
protected:
    SubmitStart() { core.heard(now); }
    ~SubmitStart() override { core.check_invariants(); }
    SubmitStart(const SubmitStart&) = delete;
    SubmitStart& operator=(const SubmitStart&) = delete;

    /// Numbers of tasks in the Submits that are due: of the first task of each, and of the last.
    std::vector<std::pair<unsigned, unsigned>> sent() {
        std::vector<std::pair<unsigned, unsigned>> out;
        for (std::vector<const wire::Run<Task>*> runs; core.next_submit(now, runs);) {
            out.emplace_back(number_of(runs.front()->ids.front()), number_of(runs.back()->ids.back()));
        }
        core.check_invariants();
        return out;
    }
    void add(unsigned first, unsigned last) {
        for (unsigned n = first; n <= last; ++n) { (void)core.add(task_of(n)); }
    }
    void hear(wire::EventKind kind, unsigned n, std::string text = {}) {
        wire::Events events;
        events.standing.push_back({kind, TaskState::queued, 1, 0, std::move(text), {id_of(n)}});
        SubmitEffects effects;
        core.on(events, effects);
    }
    /// Milliseconds from here on at which something is sent, in steps of 1 ms.
    std::vector<int> sent_at(int until_ms) {
        std::vector<int> out;
        for (int ms = 1; ms <= until_ms; ++ms) {
            now += 1ms;
            if (!sent().empty()) { out.push_back(ms); }
        }
        return out;
    }
    static unsigned number_of(const TaskId& id) { return id.bytes[14] * 256U + id.bytes[15]; }
    static constexpr unsigned kFrame = Submit::kSubmitTasks;

    Time now = Time{} + 1h;
    Submit core{{.repeat_after = 1s}, now};
};

TEST_F(SubmitStart, RepeatsSoonAndThenTwiceAsLateUpToItsOptionWhileNothingIsAnswered) {
    add(1, 1);
    ASSERT_EQ(sent().size(), 1U);
    EXPECT_LE(core.patience(), Submit::kHeldBack);
    EXPECT_THAT(sent_at(3'500), ElementsAre(10, 30, 70, 150, 310, 630, 1270, 2270, 3270));
}

TEST_F(SubmitStart, RepeatsAfterItsOptionOnceAnythingWasAnswered) {
    add(1, 1);
    (void)sent();
    hear(wire::EventKind::rejected, 1, "later");
    add(2, 2);
    ASSERT_EQ(sent().size(), 1U);
    EXPECT_EQ(core.patience(), Submit::kRound);
    EXPECT_THAT(sent_at(2'500), ElementsAre(1'000, 2'000));
}

TEST_F(SubmitStart, BeginsAgainWithTheFirstRepeatForATaskThatFollowsOneGivenUp) {
    add(1, 1);
    (void)sent();
    EXPECT_THAT(sent_at(200), ElementsAre(10, 30, 70, 150));
    core.forget(id_of(1));
    add(2, 2);
    ASSERT_EQ(sent().size(), 1U);
    EXPECT_THAT(sent_at(100), ElementsAre(10, 30, 70));
}

TEST_F(SubmitStart, RepeatsOneFrameOfManyUntilTheFirstAnswerAndThenWhatWentBefore) {
    add(1, 3 * kFrame);
    ASSERT_EQ(sent().size(), 3U);
    now += 10ms;
    EXPECT_THAT(sent(), ElementsAre(std::pair(1U, kFrame))) << "a slow ventilator is not sent all again";
    now += 5ms;
    EXPECT_THAT(sent(), IsEmpty());
    hear(wire::EventKind::accepted, 1);
    EXPECT_THAT(sent(), ElementsAre(std::pair(kFrame + 1, 2 * kFrame), std::pair(2 * kFrame + 1, 3 * kFrame)))
        << "they left before the frame that was answered";
    EXPECT_THAT(sent_at(900), IsEmpty()) << "and once is enough";
}

TEST_F(SubmitStart, SendsNothingTwiceWhereTheFirstAnswerIsInTime) {
    add(1, 2 * kFrame);
    ASSERT_EQ(sent().size(), 2U);
    now += 9ms;
    hear(wire::EventKind::accepted, 1);
    EXPECT_THAT(sent_at(990), IsEmpty());
}

TEST_F(SubmitStart, RepeatsNoSoonerThanAnOptionBelowTheFirstRepeatDemands) {
    Submit hasty({.repeat_after = 4ms}, now);
    hasty.heard(now);
    (void)hasty.add(task_of(1));
    std::vector<const wire::Run<Task>*> runs;
    ASSERT_TRUE(hasty.next_submit(now, runs));
    now += 3ms;
    EXPECT_FALSE(hasty.next_submit(now, runs));
    now += 1ms;
    EXPECT_TRUE(hasty.next_submit(now, runs));
    now += 4ms;
    EXPECT_TRUE(hasty.next_submit(now, runs));
}

}  // namespace
}  // namespace nias::core
