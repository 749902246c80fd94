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

TEST(LogPump, ShowsTheNewestLinesPastItsHalfAndStaysWithinItsBound) {
    constexpr std::uint64_t kMax = 1U << 20U;
    Kept log(kMax);
    Time at{};
    log.pump.feed(std::string(kMax, 'x') + "\n");
    for (int second = 0; second < 3600; ++second) {
        log.pump.feed("subject " + std::to_string(second) + "\n");
        log.pump.tick(at += std::chrono::seconds(1));
        if (second == 30) {
            EXPECT_NE(log.text.find("subject 2"), std::string::npos) << "seen while it runs";
            EXPECT_NE(log.text.find("bytes cut …]\n"), std::string::npos);
        }
    }
    log.pump.feed(std::string(kMax, 'y'));
    log.pump.finish();
    EXPECT_TRUE(log.text.ends_with("yyyy"));
    EXPECT_LE(log.text.size(), kMax + 64);
    EXPECT_GE(log.text.size(), kMax / 2 + kMax / 4);
}

TEST(LogPump, ShowsNothingTwice) {
    Kept log(64 * 1024);
    log.pump.feed(std::string(40 * 1024, 'x') + "\n");
    Time at{};
    for (int i = 0; i < 1000; ++i) {
        log.pump.feed("line " + std::to_string(i) + "\n");
        log.pump.tick(at += std::chrono::seconds(1));
    }
    log.pump.finish();
    for (int i = 0; i < 1000; ++i) {
        const std::string line = "\nline " + std::to_string(i) + "\n";
        const std::size_t first = log.text.find(line);
        ASSERT_NE(first, std::string::npos) << "all of it fits";
        ASSERT_EQ(log.text.find(line, first + 1), std::string::npos) << line;
    }
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
