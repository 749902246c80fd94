// Starting and ending processes.
#include "worker/host/process.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <chrono>

namespace nias::worker {
namespace {

using testing::HasSubstr;

TEST(Process, NamesWhatCannotBeExecuted) {
    Spawn spawn;
    spawn.argv = {"/usr/bin/no-such-program"};
    const auto process = Process::spawn(spawn);
    ASSERT_FALSE(process);
    EXPECT_THAT(process.error().message,
                HasSubstr("/usr/bin/no-such-program cannot be executed: No such file"));
}

TEST(Process, TellsTheExitCodeAndTheSignal) {
    Spawn spawn;
    spawn.argv = {"/bin/sh", "-c", "exit 7"};
    auto exits = Process::spawn(spawn);
    ASSERT_TRUE(exits);
    const Ending exited = exits->reap();
    EXPECT_FALSE(exited.signalled);
    EXPECT_EQ(exited.code, 7);
    spawn.argv = {"/bin/sh", "-c", "kill -9 $$"};
    auto dies = Process::spawn(spawn);
    ASSERT_TRUE(dies);
    EXPECT_TRUE(wait_readable(dies->pidfd(), 10'000));
    const Ending died = dies->reap();
    EXPECT_TRUE(died.signalled);
    EXPECT_EQ(died.code, SIGKILL);
}

TEST(Process, PassesNoMaskAndNoIgnoredSignal) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    const auto status = capture({"/bin/grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"}, 4096, 10'000);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ASSERT_TRUE(status) << status.error().message;
    EXPECT_EQ(*status, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST(Process, IsWaitedForAsLongAsIsSaidAlsoWhereThatIsAMillisecond) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
    const Descriptor silent(pipe[0]);
    const Descriptor other(pipe[1]);
    const auto begun = std::chrono::steady_clock::now();
    for (int i = 0; i < 20; ++i) { EXPECT_FALSE(wait_readable(silent.get(), 1)); }
    EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(20))
        << "it went round and round";
    EXPECT_FALSE(wait_readable(silent.get(), 0));
    ASSERT_EQ(::write(other.get(), "x", 1), 1);
    EXPECT_TRUE(wait_readable(silent.get(), 0));
}

TEST(Process, CaptureGivesUpOnTime) {
    const auto late = capture({"/bin/sleep", "60"}, 10, 100);
    ASSERT_FALSE(late);
    EXPECT_THAT(late.error().message, HasSubstr("did not answer"));
}

}  // namespace
}  // namespace nias::worker
