// The error in what a program said last.
#include "worker/runtime/trace.hpp"

#include <gtest/gtest.h>

namespace nias::worker {
namespace {

TEST(Trace, TakesTheLastLineThatIsNotBlank) {
    EXPECT_EQ(last_line(""), "");
    EXPECT_EQ(last_line(" \n\n"), "");
    EXPECT_EQ(last_line("Traceback\n  File\nValueError: no\x1b[0m\r\n \n\n"), "ValueError: no[0m");
    EXPECT_EQ(last_line(std::string(5000, 'x')).size(), 1024U);
}

TEST(Trace, TakesTheErrorOfOctaveAndNotWhereItWasCalledFrom) {
    EXPECT_EQ(octave_error("error: undefined 'x'\nerror: called from\n    f at line 2\n"),
              "error: undefined 'x'");
    EXPECT_EQ(octave_error("error: called from\n"), "error: called from");
    EXPECT_EQ(octave_error(""), "");
}

}  // namespace
}  // namespace nias::worker
