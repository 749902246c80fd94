#include "cli/progress_bar.hpp"

#include <gtest/gtest.h>

namespace nias::cli {
namespace {

using std::chrono::milliseconds;

TEST(ProgressBar, TellsShareSpeedAndTimeLeft) {
    EXPECT_EQ(progress_words(0, 1 << 20, 0, milliseconds(0)), "  0 % of 1 MiB");
    EXPECT_EQ(progress_words(1 << 19, 1 << 20, 1 << 19, milliseconds(1000)),
              " 50 % of 1 MiB, 512 KiB/s, 2 s left");
    EXPECT_EQ(progress_words(1 << 20, 1 << 20, 1 << 20, milliseconds(2000)), "100 % of 1 MiB, 512 KiB/s");
}

TEST(ProgressBar, KnowsNoSpeedBeforeItHasSeenSome) {
    EXPECT_EQ(progress_words(100, 1000, 100, milliseconds(499)), " 10 % of 1000 B");
    EXPECT_EQ(progress_words(100, 1000, 0, milliseconds(5000)), " 10 % of 1000 B");
}

TEST(ProgressBar, CountsOnlyWhatThisTransferMoved) {
    EXPECT_EQ(progress_words(900, 1000, 100, milliseconds(1000)), " 90 % of 1000 B, 100 B/s, 2 s left");
}

TEST(ProgressBar, TellsOfAnEmptyFileThatItIsWhole) {
    EXPECT_EQ(progress_words(0, 0, 0, milliseconds(0)), "100 % of 0 B");
}

}  // namespace
}  // namespace nias::cli
