#include "live/end_waits.hpp"

#include <gtest/gtest.h>

#include <future>

#include "base/ids.hpp"

namespace nias::httpfront {
namespace {

using namespace std::chrono_literals;

class EndWaitsTest : public testing::Test {
protected:
    /// A wait on a thread of its own; it is registered when this returns.
    std::future<void> begin(const TaskId& id) {
        std::promise<void> registered;
        auto waits = std::async(std::launch::async, [&, id] {
            waits_.wait(id, now() + 60s, [&] {
                registered.set_value();
                return false;
            });
        });
        registered.get_future().wait();
        return waits;
    }
    EndWaits waits_;
    TaskId one_ = make_task_id(1);
    TaskId other_ = make_task_id(2);
};

TEST_F(EndWaitsTest, EndWithTheirOwnJobAlone) {
    auto first = begin(one_);
    EXPECT_TRUE(waits_.waits_for(one_));
    EXPECT_FALSE(waits_.waits_for(other_));
    auto second = begin(other_);
    waits_.heard_end(one_);
    EXPECT_EQ(first.wait_for(20s), std::future_status::ready);
    EXPECT_EQ(second.wait_for(20ms), std::future_status::timeout);
    waits_.close();
    EXPECT_EQ(second.wait_for(20s), std::future_status::ready);
}

TEST_F(EndWaitsTest, MissNoEndBetweenTheLookAndTheWait) {
    const Time begun = now();
    waits_.wait(one_, begun + 60s, [&] {
        waits_.heard_end(one_);
        return false;
    });
    EXPECT_LT(now() - begun, 30s);
}

TEST_F(EndWaitsTest, DoNotWaitForWhatIsOverOrPastTheDeadline) {
    const Time begun = now();
    waits_.wait(one_, begun + 60s, [] { return true; });
    waits_.wait(one_, begun, [] { return false; });
    EXPECT_LT(now() - begun, 30s);
}

}  // namespace
}  // namespace nias::httpfront
