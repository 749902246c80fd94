#include "live/machine_roll.hpp"

#include <gtest/gtest.h>

namespace nias::httpfront {
namespace {

using namespace std::chrono_literals;

/// A ventilator that counts its questions, and names the one machine that it has after them.
class MachineRollTest : public testing::Test {
protected:
    std::string name_at(Time when) {
        const auto told = roll_.at(when);
        return told ? told->workers.at(0).name : told.error().message;
    }
    bool is_silent_ = false;
    int asked_ = 0;
    MachineRoll roll_{[this]() -> Result<service::Roll> {
        ++asked_;
        if (is_silent_) { return Error{ErrorCode::unavailable, "silent"}; }
        wire::WorkerRow row;
        row.name = "w" + std::to_string(asked_);
        return service::Roll{.workers = {row}};
    }};
    const Time begin_{1h};
};

TEST_F(MachineRollTest, AsksTheVentilatorOnceForAllWhoLookWithinHalfASecond) {
    EXPECT_EQ(name_at(begin_), "w1");
    EXPECT_EQ(name_at(begin_ + MachineRoll::kFreshFor - 1ms), "w1");
    EXPECT_EQ(name_at(begin_ + MachineRoll::kFreshFor), "w2");
    EXPECT_EQ(asked_, 2);
}

TEST_F(MachineRollTest, TellsHowTheMachinesStandAfterAnOrder) {
    EXPECT_EQ(name_at(begin_), "w1");
    roll_.forget();
    EXPECT_EQ(name_at(begin_ + 1ms), "w2");
}

TEST_F(MachineRollTest, TellsOfASilentVentilatorNoLongerThanOfAnother) {
    is_silent_ = true;
    EXPECT_EQ(name_at(begin_), "silent");
    EXPECT_EQ(name_at(begin_ + 1ms), "silent");
    EXPECT_EQ(asked_, 1) << "each who looks would wait for the same silence";
    is_silent_ = false;
    EXPECT_EQ(name_at(begin_ + MachineRoll::kFreshFor), "w2");
}

}  // namespace
}  // namespace nias::httpfront
