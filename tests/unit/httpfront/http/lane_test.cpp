#include "http/lane.hpp"

#include <gtest/gtest.h>

#include <future>

namespace nias::httpfront {
namespace {

using namespace std::chrono_literals;

/// Work that rests until it is let go.
class Rush {
public:
    std::function<void()> work() {
        return [this] {
            ++begun_;
            if (begun_.load() == expected_) { all_begun_.set_value(); }
            go_on_.wait();
        };
    }
    void expect(int count) { expected_ = count; }
    bool all_run_at_once() { return all_begun_.get_future().wait_for(20s) == std::future_status::ready; }
    void let_go() { gate_.set_value(); }

private:
    int expected_ = 0;
    std::atomic<int> begun_{0};
    std::promise<void> all_begun_;
    std::promise<void> gate_;
    std::shared_future<void> go_on_ = gate_.get_future().share();
};

TEST(WorkLane, StartsAThreadForEachWhileAllAreBusyUpToItsBound) {
    Rush rush;
    rush.expect(5);
    WorkLane lane("test", {.threads = 1, .threads_most = 5, .waiting = 2});
    for (int i = 0; i < 5; ++i) {
        auto work = rush.work();
        while (!lane.add(work)) {}  // until a thread has taken the one before
    }
    EXPECT_TRUE(rush.all_run_at_once());
    for (int i = 0; i < 2; ++i) {
        auto work = rush.work();
        EXPECT_TRUE(lane.add(work));
    }
    auto one_more = rush.work();
    EXPECT_FALSE(lane.add(one_more));
    EXPECT_TRUE(one_more) << "it was not taken";
    EXPECT_FALSE(lane.wait_idle(1ms));
    rush.let_go();
    EXPECT_TRUE(lane.wait_idle(20s));
}

TEST(WorkLane, OfAFixedNumberOfThreadsStartsNoMore) {
    Rush rush;
    rush.expect(2);
    WorkLane lane("test", {.threads = 1, .waiting = 8});
    for (int i = 0; i < 2; ++i) {
        auto work = rush.work();
        ASSERT_TRUE(lane.add(work));
    }
    EXPECT_FALSE(lane.wait_idle(50ms));
    rush.let_go();
    EXPECT_TRUE(lane.wait_idle(20s));
}

}  // namespace
}  // namespace nias::httpfront
