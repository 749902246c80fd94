// A handler that crashes ends its own task, with what the kernel said of it, and touches nobody else.
#include <pthread.h>
#include <signal.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "unit/service/worker/isolated/lab.hpp"

namespace nias {
namespace {

using test::IsolatedHandlers;
using test::Pipe;
using testing::HasSubstr;

/// A sanitizer catches crashes and exits in its own way: not here.
void crash_as_usual() {
    for (const int number : {SIGSEGV, SIGABRT, SIGFPE, SIGBUS}) { ::signal(number, SIG_DFL); }
}

Result<Bytes> end_in_every_way(const Task& task, Context&) {
    crash_as_usual();
    switch (task.payload.at(0)) {
        case 1: ::raise(SIGSEGV); break;
        case 2: std::abort();
        case 3: ::_exit(3);
        case 4: std::exit(4);
        case 5: throw 42;
        case 6: ::raise(SIGKILL); break;
        case 7: ::_exit(0);
        case 8: ::raise(SIGTERM); break;  // passed over: a stop of the service is no end of a handler
        case 9: pthread_exit(nullptr);
        case 10: return Error{ErrorCode::invalid, "no samples"};
        default: break;
    }
    return task.payload;
}

struct End {
    OutcomeStatus status;
    Cause cause;
    std::int32_t signal;
    std::int32_t exit_code;
    std::string words;
};

TEST_F(IsolatedHandlers, EndTheirOwnTaskWithTheSignalOrTheExitCodeNamed) {
    open(end_in_every_way);
    const auto failed = OutcomeStatus::failed;
    const std::map<std::uint8_t, End> ends{
        {1, {failed, Cause::signal, SIGSEGV, 0, "the handler ended by signal 11 (SIGSEGV)"}},
        {2, {failed, Cause::signal, SIGABRT, 0, "the handler ended by signal 6 (SIGABRT)"}},
        {3,
         {failed, Cause::exit_code, 0, 3,
          "the handler ended its process with exit code 3 and did not return"}},
        {4,
         {failed, Cause::exit_code, 0, 4,
          "the handler ended its process with exit code 4 and did not return"}},
        {5, {failed, Cause::none, 0, 0, "the handler threw an object of type int"}},
        {6, {failed, Cause::signal, SIGKILL, 0, "signal 9 (SIGKILL), which the worker did not send"}},
        {7, {failed, Cause::exit_code, 0, 0, "exit code 0 and did not return"}},
        {8, {OutcomeStatus::succeeded, Cause::none, 0, 0, ""}},
        {9, {failed, Cause::signal, SIGABRT, 0, "SIGABRT"}},
        {10, {failed, Cause::none, 0, 0, "no samples"}},
    };
    for (const auto& [number, end] : ends) {
        SCOPED_TRACE(int{number});
        const Outcome outcome = this->outcome(task(number));
        EXPECT_EQ(outcome.status, end.status);
        EXPECT_EQ(outcome.cause, end.cause);
        EXPECT_EQ(outcome.signal, end.signal);
        EXPECT_EQ(outcome.exit_code, end.exit_code);
        EXPECT_THAT(outcome.error, HasSubstr(end.words));
        EXPECT_EQ(outcome.attempt, 1U);
    }
}

TEST_F(IsolatedHandlers, CrashAHundredTimesAndLeaveTheirNeighboursAlone) {
    open(
        [](const Task& task, Context&) -> Result<Bytes> {
            crash_as_usual();
            if (task.payload.at(0) == 1) { ::raise(SIGSEGV); }
            return task.payload;
        },
        {.slots = 4, .window = 32});
    std::vector<std::future<Result<Outcome>>> crashing, neighbours;
    for (int i = 0; i < 100; ++i) {
        crashing.push_back(submit(task(1)));
        for (std::uint8_t n = 2; n < 5; ++n) { neighbours.push_back(submit(task(n))); }
    }
    for (auto& one : crashing) {
        const Outcome end = outcome(std::move(one));
        EXPECT_EQ(end.signal, SIGSEGV);
        EXPECT_EQ(end.attempt, 1U);
    }
    for (auto& one : neighbours) {
        const Outcome end = outcome(std::move(one));
        EXPECT_EQ(end.status, OutcomeStatus::succeeded) << end.error;
        EXPECT_EQ(end.attempt, 1U);
    }
}

TEST_F(IsolatedHandlers, ThatRunWhileAnotherCrashesGoOn) {
    const Pipe begun, go_on;
    open(
        [&](const Task& task, Context&) -> Result<Bytes> {
            crash_as_usual();
            if (task.payload.at(0) == 1) { ::raise(SIGSEGV); }
            begun.tell('b');
            while (!go_on.hear()) {}
            return task.payload;
        },
        {.slots = 2});
    auto neighbour = submit(task(2));
    ASSERT_TRUE(begun.hear());
    EXPECT_EQ(outcome(task(1)).signal, SIGSEGV);
    go_on.tell('g');
    EXPECT_EQ(outcome(std::move(neighbour)).status, OutcomeStatus::succeeded);
}

TEST_F(IsolatedHandlers, BeginEachTimeWithWhatTheProgramHadAtFirst) {
    int runs = 0;
    open([&](const Task&, Context&) -> Result<Bytes> { return Bytes{static_cast<std::uint8_t>(++runs)}; });
    EXPECT_EQ(outcome(task(1)).output, Bytes{1});
    EXPECT_EQ(outcome(task(1)).output, Bytes{1});
    EXPECT_EQ(runs, 0);
}

bool is_alive(pid_t pid) {
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string number, name, state;
    return (stat >> number >> name >> state) && state != "Z" && state != "X";
}

TEST_F(IsolatedHandlers, LeaveNoProgramBehindThatTheyStarted) {
    open([](const Task&, Context&) -> Result<Bytes> {
        const pid_t pid = ::fork();
        if (pid == 0) {
            while (true) { ::pause(); }
        }
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(&pid);
        return Bytes(bytes, bytes + sizeof pid);
    });
    const Outcome end = outcome(task(1));
    ASSERT_EQ(end.output.size(), sizeof(pid_t));
    pid_t pid = 0;
    std::memcpy(&pid, end.output.data(), sizeof pid);
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (is_alive(pid) && std::chrono::steady_clock::now() < until) { std::this_thread::yield(); }
    EXPECT_FALSE(is_alive(pid));
}

}  // namespace
}  // namespace nias
