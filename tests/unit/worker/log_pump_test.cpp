// The log's bound and what was said last.
#include "worker/log_pump.hpp"

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

TEST(LogPump, RemembersTheLastWords) {
    Kept log(4);
    EXPECT_EQ(log.pump.last_words(), "");
    log.pump.feed("Traceback\n  File\nValueError: no\x1b[0m\r\n \n\n");
    EXPECT_EQ(log.pump.last_words(), "ValueError: no[0m");
    log.pump.feed("error: undefined 'x'\nerror: called from\n    f at line 2\n");
    EXPECT_EQ(log.pump.last_words(), "error: undefined 'x'");
    log.pump.next_program();
    EXPECT_EQ(log.pump.last_words(), "");
}

}  // namespace
}  // namespace nias::worker
