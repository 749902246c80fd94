// set_log(): the program's own hook gets the library's lines, whatever it does with them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nias/log.hpp>
#include <nias/pipeline.hpp>

#include <algorithm>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/log.hpp"

namespace spdlog {
// Declared by hand: the header, included here, would make a registry beside that of the shared library.
void drop_all();
}  // namespace spdlog

namespace nias {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using Line = std::pair<LogLevel, std::string>;

/// Collects lines, and gives the log back to stderr at its end.
class LogTest : public testing::Test {
protected:
    LogTest() { testing::internal::CaptureStderr(); }
    ~LogTest() override {
        set_log({});
        if (!is_read_) { (void)testing::internal::GetCapturedStderr(); }
    }
    LogTest(const LogTest&) = delete;
    LogTest& operator=(const LogTest&) = delete;

    [[nodiscard]] LogHook keeps() {
        return [this](LogLevel level, std::string_view line) { lines_.emplace_back(level, line); };
    }
    /// Everything that went to stderr since the test began. Once.
    [[nodiscard]] std::string stderr_text() {
        is_read_ = true;
        return testing::internal::GetCapturedStderr();
    }
    std::vector<Line> lines_;

private:
    bool is_read_ = false;
};

/// Runs one task in a pipeline whose callback throws, which is told by an error in the log. Gives back
/// whether the task's outcome came all the same.
bool runs_with_a_callback_that_throws(const std::string& words) {
    auto pipeline =
        Pipeline::open({}, [](const Task& task, Context&) -> Result<Bytes> { return task.payload; },
                       {.on_accepted = [&](const TaskId&) { throw std::runtime_error(words); }});
    if (!pipeline) { return false; }
    Task task;
    task.owner = "ana";
    const auto outcome = pipeline->submitter().submit_future(task).get();
    return outcome && outcome->status == OutcomeStatus::succeeded && pipeline->stop();
}

TEST_F(LogTest, GivesTheLinesOfTheLibraryToTheHookInPlaceOfStderr) {
    set_log(keeps());
    EXPECT_TRUE(runs_with_a_callback_that_throws("no such window"));
    EXPECT_THAT(lines_, ElementsAre(Pair(LogLevel::error, "submitter: on_accepted threw: no such window")));
    EXPECT_EQ(stderr_text(), "");
}

TEST_F(LogTest, GivesWhatIsAtLeastOfTheLevelThatWasAskedFor) {
    const auto says_all = [&](LogLevel least) {
        lines_.clear();
        set_log(keeps(), least);
        log::debug("d");
        log::info("i");
        log::warn("w");
        log::error("e");
        std::string said;
        for (const auto& [level, line] : lines_) {
            EXPECT_EQ(line, std::string(1, "diwe"[static_cast<int>(level)]));
            said += line;
        }
        return said;
    };
    EXPECT_EQ(says_all(LogLevel::debug), "diwe");
    EXPECT_EQ(says_all(LogLevel::info), "iwe");
    EXPECT_EQ(says_all(LogLevel::warn), "we");
    EXPECT_EQ(says_all(LogLevel::error), "e");
}

TEST_F(LogTest, TellsOfWhatGoesWellOnRequest) {
    set_log(keeps(), LogLevel::info);
    EXPECT_TRUE(runs_with_a_callback_that_throws("x"));
    EXPECT_THAT(lines_, Contains(Pair(LogLevel::info, HasSubstr("the ventilator has taken this worker in"))));
}

TEST_F(LogTest, GivesALineWithItsLineEndsAndEscapesMadeVisible) {
    set_log(keeps());
    EXPECT_TRUE(runs_with_a_callback_that_throws("two\nlines and \033[2J"));
    ASSERT_EQ(lines_.size(), 1U);
    EXPECT_THAT(lines_[0].second, AllOf(HasSubstr("two"), HasSubstr("lines and"), Not(HasSubstr("\n")),
                                        Not(HasSubstr("\033"))));
}

TEST_F(LogTest, WritesToStderrAgainOnceTheHookIsTakenBack) {
    set_log(keeps());
    set_log({});
    EXPECT_TRUE(runs_with_a_callback_that_throws("for stderr"));
    EXPECT_THAT(lines_, IsEmpty());
    EXPECT_THAT(stderr_text(), HasSubstr("Z error nias submitter: on_accepted threw: for stderr\n"));
}

TEST_F(LogTest, OfAProgramNamesItOnStderrAndHasALevelThatMayChange) {
    log::start("of-a-program", LogLevel::info);
    log::debug("not this");
    log::info("a step");
    set_log(keeps(), LogLevel::error);
    log::warn("nor this");
    log::error("for the hook");
    log::start("nias", LogLevel::warn);  // for the tests that follow; the hook stays
    log::warn("for the hook too");
    set_log({});
    EXPECT_THAT(lines_,
                ElementsAre(Line{LogLevel::error, "for the hook"}, Line{LogLevel::warn, "for the hook too"}));
    const std::string said = stderr_text();
    EXPECT_THAT(said, HasSubstr("Z info of-a-program a step\n"));
    EXPECT_THAT(said, Not(HasSubstr("this")));
}

TEST_F(LogTest, IsThereAgainAfterTheProgramHasEmptiedTheRegistryOfLoggers) {
    set_log(keeps());
    spdlog::drop_all();
    log::warn("nobody took it");
    EXPECT_THAT(lines_, IsEmpty());
    set_log(keeps());
    log::warn("taken");
    EXPECT_THAT(lines_, ElementsAre(Line{LogLevel::warn, "taken"}));
    EXPECT_THAT(stderr_text(), HasSubstr("Z warning nias nobody took it\n"));
}

TEST_F(LogTest, CatchesWhateverTheHookThrowsAndWritesTheLineToStderr) {
    set_log([](LogLevel, std::string_view) { throw std::runtime_error("the window\nis closed"); });
    EXPECT_TRUE(runs_with_a_callback_that_throws("first"));
    set_log([](LogLevel, std::string_view) { throw 42; });
    EXPECT_TRUE(runs_with_a_callback_that_throws("second"));
    set_log(keeps());
    log::warn("it goes on");
    EXPECT_THAT(lines_, ElementsAre(Line{LogLevel::warn, "it goes on"}));
    const std::string said = stderr_text();
    EXPECT_THAT(said, HasSubstr("submitter: on_accepted threw: first\n"));
    EXPECT_THAT(said, HasSubstr("the program's log hook threw: an exception: the window"));
    EXPECT_THAT(said, Not(HasSubstr("\nis closed")));
    EXPECT_THAT(said, HasSubstr("submitter: on_accepted threw: second\n"));
    EXPECT_THAT(said, HasSubstr("the program's log hook threw: something that is no std::exception\n"));
}

TEST_F(LogTest, WritesToStderrWhatTheHookItselfCausesAndRefusesToBeChangedByIt) {
    set_log([&](LogLevel level, std::string_view line) {
        lines_.emplace_back(level, line);
        log::error("said from within");
        set_log({});
    });
    log::warn("one");
    log::warn("two");
    EXPECT_THAT(lines_, ElementsAre(Line{LogLevel::warn, "one"}, Line{LogLevel::warn, "two"}));
    const std::string said = stderr_text();
    EXPECT_THAT(said, HasSubstr("said from within"));
    EXPECT_THAT(said, HasSubstr("set_log() was called from a log hook"));
}

TEST_F(LogTest, CallsTheHookForOneLineAtATimeHoweverManyThreadsLog) {
    constexpr int kThreads = 4;
    constexpr int kLines = 500;
    int inside = 0;  // no atomic: it needs none where one call comes after another
    int most = 0;
    int count = 0;
    set_log([&](LogLevel, std::string_view) {
        most = std::max(most, ++inside);
        ++count;
        --inside;
    });
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([] {
            for (int line = 0; line < kLines; ++line) { log::warn("a line"); }
        });
    }
    for (std::thread& thread : threads) { thread.join(); }
    set_log({});
    EXPECT_EQ(most, 1);
    EXPECT_EQ(count, kThreads * kLines);
    EXPECT_EQ(stderr_text(), "");
}

TEST_F(LogTest, CallsNoHookThatHasBeenReplaced) {
    std::atomic<bool> stops{false};
    std::atomic<std::uint64_t> late{0};
    set_log([](LogLevel, std::string_view) {});
    std::thread talks([&] {
        while (!stops.load()) { log::warn("a line"); }
    });
    for (int i = 0; i < 200; ++i) {
        auto calls = std::make_unique<std::atomic<std::uint64_t>>(0);
        std::atomic<bool> is_over{false};
        set_log([&, kept = calls.get()](LogLevel, std::string_view) {
            ++*kept;
            std::this_thread::yield();  // so that a replacement falls into a call
            late += is_over.load();
        });
        while (calls->load() == 0) { std::this_thread::yield(); }
        set_log([](LogLevel, std::string_view) {});
        is_over = true;
    }
    stops = true;
    talks.join();
    EXPECT_EQ(late.load(), 0U);
}

}  // namespace
}  // namespace nias
