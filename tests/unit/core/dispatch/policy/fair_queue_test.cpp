// The order in which queued tasks leave.
#include "core/dispatch/policy/fair_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <limits>
#include <map>
#include <string>

#include "unit/core/dispatch/records.hpp"

namespace nias::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Queue : public testing::Test {
protected:
    Work& push(const Task& task) {
        Work& work = works_.emplace_back();
        work.id = task.id;
        work.kind = kinds_.join(task);
        work.order = works_.size();
        queue_.push(work);
        queue_.check_invariants();
        return work;
    }
    Work* take(const FairQueue::Fits& fits = [](const Shape&) { return true; }) {
        Work* work = queue_.dequeue(fits, now_);
        queue_.check_invariants();
        return work;
    }
    std::vector<unsigned> take_all(const FairQueue::Fits& fits = [](const Shape&) { return true; }) {
        std::vector<unsigned> numbers;
        while (const Work* work = take(fits)) {
            numbers.push_back(work->id.bytes[14] * 256U + work->id.bytes[15]);
        }
        return numbers;
    }
    /// The next task, taken and ended after its owner's milliseconds; that owner.
    std::string serve(const std::map<std::string, std::uint64_t>& wall_ms) {
        Work* work = take();
        if (work == nullptr) { return "nobody"; }
        queue_.charge_actual(*work, wall_ms.at(work->owner()), now_);
        queue_.check_invariants();
        return work->owner();
    }
    /// An attempt of this many seconds.
    void use(const std::string& owner, std::uint64_t seconds, std::uint32_t cpus = 1) {
        Work& work = works_.emplace_back();
        Task task = claiming(static_cast<unsigned>(works_.size()), {.cpus = cpus});
        task.owner = owner;
        work.kind = kinds_.join(task);
        queue_.charge_actual(work, seconds * 1000, now_);
    }
    Kinds kinds_;
    std::deque<Work> works_;
    Time now_ = Time{} + std::chrono::hours(10);
    FairQueue queue_{std::chrono::hours(1)};
};

TEST_F(Queue, IsEmptyAtFirst) {
    EXPECT_EQ(take(), nullptr);
    EXPECT_EQ(queue_.size(), 0U);
}

TEST_F(Queue, KeepsTheOrderOfSubmission) {
    for (const unsigned n : {3U, 1U, 2U}) { push(task_of(n)); }
    EXPECT_THAT(take_all(), ElementsAre(3, 1, 2));
}

TEST_F(Queue, ForetellsTheOrderInWhichTasksLeave) {
    unsigned n = 0;
    const auto push_of = [&](const std::string& owner, std::int32_t priority, std::uint32_t cpus) {
        Task task = claiming(++n, {.cpus = cpus});
        task.owner = owner;
        task.spec.priority = priority;
        push(task);
    };
    use("ana", 3);
    use("bia", 1);
    for (int round = 0; round < 4; ++round) {
        push_of("ana", 0, 1);
        push_of("bia", round, 2);
        push_of("rui", 0, 1 + static_cast<std::uint32_t>(round % 2));
    }
    const auto any = [](const Shape&) { return true; };
    const auto narrow = [](const Shape& shape) { return shape.cpus < 2; };
    const auto numbers_of = [](const std::vector<const Work*>& works) {
        std::vector<unsigned> numbers;
        for (const Work* work : works) { numbers.push_back(work->id.bytes[15]); }
        return numbers;
    };
    EXPECT_THAT(queue_.upcoming(0, any), IsEmpty());
    EXPECT_THAT(numbers_of(queue_.upcoming(100, narrow)), ElementsAre(3, 9, 1, 4, 7, 10));
    const auto first_five = numbers_of(queue_.upcoming(5, any));
    const auto foretold = numbers_of(queue_.upcoming(100, any));
    EXPECT_EQ(foretold.size(), 12U);
    EXPECT_TRUE(std::equal(first_five.begin(), first_five.end(), foretold.begin()));
    queue_.check_invariants();
    EXPECT_EQ(take_all(), foretold);
}

TEST_F(Queue, ForetellsNothingOfATaskThatIsHeldBack) {
    push(task_of(1));
    Work& held = works_.emplace_back();
    held.id = id_of(2);
    held.kind = kinds_.join(task_of(2));
    held.order = works_.size();
    queue_.hold_back(held, now_ + std::chrono::seconds(9));
    const auto any = [](const Shape&) { return true; };
    EXPECT_EQ(queue_.upcoming(9, any).size(), 1U);
    queue_.release_due(now_ + std::chrono::seconds(9));
    EXPECT_EQ(queue_.upcoming(9, any).size(), 2U);
    EXPECT_THAT(take_all(), ElementsAre(1, 2));
}

TEST_F(Queue, KeepsTheOrderOfSubmissionAcrossShapes) {
    push(claiming(1, {.cpus = 2}));
    push(task_of(2));
    push(claiming(3, {}, "python"));
    push(claiming(4, {.cpus = 2}));
    EXPECT_THAT(take_all(), ElementsAre(1, 2, 3, 4));
}

TEST_F(Queue, PutsPriorityBeforeOrder) {
    push(with_priority(1, -1));
    push(with_priority(2, 0));
    push(with_priority(3, 7));
    push(with_priority(4, 7));
    EXPECT_THAT(take_all(), ElementsAre(3, 4, 2, 1));
}

TEST_F(Queue, OrdersTheMostExtremePriorities) {
    push(with_priority(1, std::numeric_limits<std::int32_t>::min()));
    push(with_priority(2, 0));
    push(with_priority(3, std::numeric_limits<std::int32_t>::max()));
    push(with_priority(4, std::numeric_limits<std::int32_t>::min()));
    EXPECT_THAT(take_all(), ElementsAre(3, 2, 1, 4));
}

TEST_F(Queue, LetsOwnersTakeTurnsBeforeTheFirstOutcome) {
    push(task_of(1, "ana"));
    push(task_of(2, "ana"));
    push(task_of(3, "ana"));
    push(task_of(4, "bob"));
    push(task_of(5, "bob"));
    EXPECT_EQ(take()->id, id_of(1));
    push(task_of(6, "eva"));
    EXPECT_THAT(take_all(), ElementsAre(4, 6, 2, 5, 3));
}

TEST_F(Queue, ServesTheOwnerWhoUsedLeastThoughTheyCameLast) {
    use("ana", 100);
    use("bob", 20);
    push(task_of(1, "ana"));
    push(task_of(2, "bob"));
    push(task_of(3, "eva"));
    EXPECT_THAT(take_all(), ElementsAre(3, 2, 1));
}

TEST_F(Queue, CountsEachProcessorOfAnAttempt) {
    use("ana", 100);
    use("bob", 30, 4);
    EXPECT_DOUBLE_EQ(queue_.usage_of("ana", now_), 100);
    EXPECT_DOUBLE_EQ(queue_.usage_of("bob", now_), 120);
    push(task_of(1, "bob"));
    push(task_of(2, "ana"));
    EXPECT_THAT(take_all(), ElementsAre(2, 1));
}

TEST_F(Queue, CountsHalfOfWhatWasUsedAHalfLifeAgo) {
    use("ana", 100);
    now_ += std::chrono::hours(1);
    EXPECT_NEAR(queue_.usage_of("ana", now_), 50, 1e-9);
    use("bob", 60);
    push(task_of(1, "bob"));
    push(task_of(2, "ana"));
    EXPECT_THAT(take_all(), ElementsAre(2, 1));
}

TEST_F(Queue, KeepsTheOrderOfOwnersThroughYearsOfUptime) {
    push(task_of(1, "ana"));
    push(task_of(2, "bob"));
    use("ana", 100);
    use("bob", 50);
    for (int day = 0; day < 2'000; ++day) {
        now_ += std::chrono::hours(24);
        use("ana", 100);
        use("bob", 50);
        queue_.check_invariants();
    }
    EXPECT_NEAR(queue_.usage_of("ana", now_), 100, 1e-3);
    EXPECT_THAT(take_all(), ElementsAre(2, 1));
}

TEST_F(Queue, GivesOwnersEqualTimeWhateverTheLengthOfTheirTasks) {
    std::map<std::string, int> served;
    for (unsigned n = 0; n < 2'200; ++n) { push(task_of(n, n < 200 ? "ana" : "bob")); }
    for (int n = 0; n < 1'100; ++n) { ++served[serve({{"ana", 1'000}, {"bob", 100}})]; }
    EXPECT_NEAR(served["ana"], 100, 2);
    EXPECT_NEAR(served["bob"], 1'000, 2);
}

TEST_F(Queue, DoesNotLetOneOwnerTakeAllWorkersBeforeTheirLongTasksEnd) {
    for (unsigned n = 0; n < 20; ++n) { push(task_of(n, n < 10 ? "ana" : "bob")); }
    int of_ana = 0;
    for (int slot = 0; slot < 10; ++slot) { of_ana += take()->owner() == "ana" ? 1 : 0; }
    EXPECT_EQ(of_ana, 5);
}

TEST_F(Queue, LetsOwnersOfUnmeasurablyShortTasksTakeTurns) {
    for (unsigned n = 0; n < 20; ++n) { push(task_of(n, n < 10 ? "ana" : "bob")); }
    int of_ana = 0;
    for (int served = 0; served < 10; ++served) {
        of_ana += serve({{"ana", 0}, {"bob", 0}}) == "ana" ? 1 : 0;
    }
    EXPECT_EQ(of_ana, 5);
}

TEST_F(Queue, TakesNothingForAnAttemptThatNeverBegan) {
    push(task_of(1, "ana"));
    Work* const work = take();
    EXPECT_GT(queue_.usage_of("ana", now_), 0);
    queue_.refund(*work, now_);
    EXPECT_DOUBLE_EQ(queue_.usage_of("ana", now_), 0);
}

TEST_F(Queue, BelievesAWorkerNoMoreThanAMonthOfAnAttempt) {
    use("ana", std::numeric_limits<std::uint64_t>::max() / 1000);
    EXPECT_LE(queue_.usage_of("ana", now_), 31.0 * 24 * 3600);
    queue_.check_invariants();
}

TEST_F(Queue, RemembersTheUsageOfThoseWhoUsedMostWhenItForgetsIdleOwners) {
    use("busy", 1'000);
    constexpr int kOwners = 20'000;
    for (int n = 0; n < kOwners; ++n) { use("owner " + std::to_string(n), 1); }
    EXPECT_DOUBLE_EQ(queue_.usage_of("busy", now_), 1'000);
    int remembered = 0;
    for (int n = 0; n < kOwners; ++n) {
        remembered += queue_.usage_of("owner " + std::to_string(n), now_) > 0 ? 1 : 0;
    }
    EXPECT_LE(remembered, 2'100) << "idle owners are bounded";
}

TEST_F(Queue, PassesOverAnOwnerWithNothingThatFitsAndKeepsTheirTurn) {
    push(claiming(1, {.cpus = 64}));
    Task other = task_of(2, "bob");
    push(other);
    const FairQueue::Fits small = [](const Shape& shape) { return shape.cpus < 64; };
    EXPECT_THAT(take_all(small), ElementsAre(2));
    push(task_of(3, "bob"));
    EXPECT_THAT(take_all(), ElementsAre(1, 3));
}

TEST_F(Queue, LetsALowerPriorityGoWhereAHigherOneDoesNotFit) {
    Task big = claiming(1, {.cpus = 64});
    big.spec.priority = 9;
    push(big);
    push(task_of(2));
    EXPECT_THAT(take_all([](const Shape& shape) { return shape.cpus == 0; }), ElementsAre(2));
    EXPECT_EQ(queue_.size(), 1U);
}

TEST_F(Queue, AsksAboutAShapeOnlyOnce) {
    for (unsigned n = 0; n < 100; ++n) { push(claiming(n, {.cpus = 64})); }
    int asked = 0;
    EXPECT_EQ(take([&](const Shape& shape) {
                  EXPECT_EQ(shape, (Shape{"", 64, 0, 0}));
                  ++asked;
                  return false;
              }),
              nullptr);
    EXPECT_EQ(asked, 1);
}

TEST_F(Queue, TellsNoShapeOfATaskThatClaimsNothing) {
    push(claiming(1, {.cpus = 1}, "python"));
    take([](const Shape& shape) {
        EXPECT_EQ(shape, (Shape{"python", 0, 0, 0}));
        return true;
    });
}

TEST_F(Queue, KeepsATaskThatClaimsNothingApartFromItsNeighbourThatClaimsNoCpu) {
    push(claiming(1, {.cpus = 0, .gpus = 1}));
    push(task_of(2));
    push(claiming(3, {.cpus = 0, .memory_bytes = 64}));
    push(task_of(4));
    EXPECT_THAT(take_all([](const Shape& shape) { return shape == Shape{}; }), ElementsAre(2, 4));
    EXPECT_THAT(take_all(), ElementsAre(1, 3));
}

TEST_F(Queue, BoundsTheLanesItLooksAt) {
    for (unsigned n = 0; n < 2 * FairQueue::kLanesLooked; ++n) { push(claiming(n, {.cpus = 2 + n})); }
    std::size_t asked = 0;
    EXPECT_EQ(take([&](const Shape&) { return ++asked, false; }), nullptr);
    EXPECT_EQ(asked, FairQueue::kLanesLooked);
}

TEST_F(Queue, PutsATaskThatComesBackInItsOldPlace) {
    Work& first = push(task_of(1));
    Work& second = push(task_of(2));
    push(task_of(3));
    EXPECT_EQ(take(), &first);
    EXPECT_EQ(take(), &second);
    queue_.push(second);
    queue_.push(first);
    queue_.check_invariants();
    EXPECT_THAT(take_all(), ElementsAre(1, 2, 3));
}

TEST_F(Queue, RemovesATaskFromTheMiddle) {
    push(task_of(1));
    Work& middle = push(task_of(2));
    push(task_of(3));
    queue_.remove(middle);
    queue_.check_invariants();
    EXPECT_EQ(middle.lane, nullptr);
    EXPECT_THAT(take_all(), ElementsAre(1, 3));
}

TEST_F(Queue, TakesTasksOfAShapeAgainAfterItWasForgotten) {
    constexpr unsigned kShapes = 100;  // more than are kept idle
    for (unsigned n = 0; n < kShapes; ++n) { push(with_priority(n, -static_cast<std::int32_t>(n))); }
    EXPECT_EQ(take_all().size(), kShapes);
    for (unsigned n = kShapes; n-- > 0;) { push(with_priority(n, -static_cast<std::int32_t>(n))); }
    Work& last = push(with_priority(kShapes, 1));
    queue_.remove(last);
    push(with_priority(kShapes, 1));
    EXPECT_EQ(take()->id, id_of(kShapes));
    for (unsigned n = 0; n < kShapes; ++n) { EXPECT_EQ(take()->id, id_of(n)); }
    EXPECT_EQ(take(), nullptr);
}

TEST_F(Queue, ForgetsOwnersAndShapesThatHaveNothingQueued) {
    for (unsigned n = 0; n < 10'000; ++n) {
        Task task = claiming(n, {.cpus = 2 + n % 500});
        task.owner = "owner " + std::to_string(n % 5'000);
        push(std::move(task));
        if (n % 3 != 0) { take(); }
    }
    EXPECT_EQ(queue_.size(), 3'334U);
    EXPECT_EQ(take_all().size(), 3'334U);
    push(task_of(1));
    EXPECT_THAT(take_all(), ElementsAre(1));
}

}  // namespace
}  // namespace nias::core
