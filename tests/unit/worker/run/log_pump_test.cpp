// The log's bound and what was said last.
#include "worker/run/log_pump.hpp"

#include <gtest/gtest.h>

namespace nias::worker {
namespace {

struct Kept {
    std::string text;
    LogPump pump;
    explicit Kept(std::uint64_t max) : pump([this](std::string_view bytes) { text.append(bytes); }, max) {}
};

TEST(LogPump, SendsWhatItGetsAtOnce) {
    Kept log(100);
    log.pump.feed("one\n");
    EXPECT_EQ(log.text, "one\n");
    log.pump.feed("two\n");
    EXPECT_EQ(log.text, "one\ntwo\n");
}

TEST(LogPump, KeepsHeadAndTailAndMarksTheCut) {
    Kept log(20);
    for (char c = 'a'; c <= 'z'; ++c) { log.pump.feed(std::string(2, c)); }
    EXPECT_EQ(log.text, "aabbccddee");
    log.pump.finish();
    EXPECT_EQ(log.text, "aabbccddee\n[… 32 bytes cut …]\nvvwwxxyyzz");
}

TEST(LogPump, CutsNothingThatFits) {
    Kept log(20);
    log.pump.feed("0123456789");
    log.pump.feed("abcdefghij");
    log.pump.finish();
    EXPECT_EQ(log.text, "0123456789abcdefghij");
}

TEST(LogPump, TakesOnePieceLargerThanItself) {
    Kept log(10);
    log.pump.feed(std::string(1000, 'x') + "end");
    log.pump.finish();
    EXPECT_EQ(log.text, "xxxxx\n[… 993 bytes cut …]\nxxend");
}

TEST(LogPump, MarksItsOwnLines) {
    Kept log(100);
    log.pump.feed("half a line");
    log.pump.say("waiting");
    EXPECT_EQ(log.text, "half a line\n[nias] waiting\n");
}

TEST(LogPump, RemembersTheEndOfWhatOneProgramSaid) {
    Kept log(4);
    EXPECT_EQ(log.pump.recent(), "");
    log.pump.feed("Traceback\n");
    log.pump.feed("ValueError: no\n");
    EXPECT_EQ(log.pump.recent(), "Traceback\nValueError: no\n");
    log.pump.feed(std::string(100'000, 'x') + "end");
    EXPECT_TRUE(log.pump.recent().ends_with("xend"));
    EXPECT_LT(log.pump.recent().size(), 100'000U);
    log.pump.next_program();
    EXPECT_EQ(log.pump.recent(), "");
}

}  // namespace
}  // namespace nias::worker
