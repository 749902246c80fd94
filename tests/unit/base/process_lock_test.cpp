#include "base/host/process_lock.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "support/temp_folder.hpp"

namespace nias {
namespace {

/// Another process that holds the lock until it is killed.
class Holder {
public:
    explicit Holder(const std::string& path) {
        int ready[2];
        if (::pipe(ready) != 0) { return; }
        pid_ = ::fork();
        if (pid_ == 0) {
            const auto lock = ProcessLock::acquire(path);
            const char told = lock ? 'y' : 'n';
            if (::write(ready[1], &told, 1) != 1) { ::_exit(1); }
            while (true) { ::pause(); }
        }
        ::close(ready[1]);
        char told = 'n';
        holds_ = ::read(ready[0], &told, 1) == 1 && told == 'y';
        ::close(ready[0]);
    }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;
    ~Holder() { kill(); }
    void kill() {
        if (pid_ <= 0) { return; }
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }
    [[nodiscard]] bool holds() const { return holds_; }
    [[nodiscard]] pid_t pid() const { return pid_; }

private:
    pid_t pid_ = -1;
    bool holds_ = false;
};

TEST(ProcessLock, IsHeldByOneObjectAtATime) {
    const test::TempFolder folder;
    auto first = ProcessLock::acquire(folder / "a.lock");
    ASSERT_TRUE(first);
    const auto second = ProcessLock::acquire(folder / "a.lock");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::conflict);
    EXPECT_TRUE(ProcessLock::acquire(folder / "b.lock"));
}

TEST(ProcessLock, IsLetGoWithItsObject) {
    const test::TempFolder folder;
    {
        std::optional<ProcessLock> outer;
        auto lock = ProcessLock::acquire(folder / "a.lock");
        ASSERT_TRUE(lock);
        outer.emplace(std::move(*lock));
        EXPECT_FALSE(ProcessLock::acquire(folder / "a.lock"));  // moved, not let go
    }
    EXPECT_TRUE(ProcessLock::acquire(folder / "a.lock"));
}

TEST(ProcessLock, NamesTheOtherProcessThatHoldsIt) {
    const test::TempFolder folder;
    const Holder holder(folder / "a.lock");
    ASSERT_TRUE(holder.holds());
    const auto lock = ProcessLock::acquire(folder / "a.lock");
    ASSERT_FALSE(lock);
    EXPECT_EQ(lock.error().code, ErrorCode::conflict);
    EXPECT_NE(lock.error().message.find("pid " + std::to_string(holder.pid()) + ", unit_base"),
              std::string::npos)
        << lock.error().message;
    EXPECT_NE(lock.error().message.find("a.lock"), std::string::npos);
}

TEST(ProcessLock, IsFreeOnceItsProcessWasKilled) {
    const test::TempFolder folder;
    Holder holder(folder / "a.lock");
    ASSERT_TRUE(holder.holds());
    holder.kill();
    EXPECT_TRUE(ProcessLock::acquire(folder / "a.lock"));
    EXPECT_EQ(test::read_file(folder / "a.lock"), std::to_string(::getpid()) + " unit_base\n");
}

TEST(ProcessLock, ReadsTheFileOfAHolderThatWroteItsPidAlone) {
    const test::TempFolder folder;
    const Holder holder(folder / "a.lock");
    ASSERT_TRUE(holder.holds());
    test::write_file(folder / "a.lock", "17\n");
    EXPECT_NE(ProcessLock::acquire(folder / "a.lock").error().message.find("(pid 17)"), std::string::npos);
    test::write_file(folder / "a.lock", "");
    EXPECT_NE(ProcessLock::acquire(folder / "a.lock").error().message.find("(its pid is not known)"),
              std::string::npos);
}

TEST(ProcessLock, SaysWhereItCannotBeWritten) {
    const test::TempFolder folder;
    const auto lock = ProcessLock::acquire(folder / "missing/a.lock");
    ASSERT_FALSE(lock);
    EXPECT_EQ(lock.error().code, ErrorCode::unavailable);
    EXPECT_NE(lock.error().message.find("missing/a.lock"), std::string::npos);
}

}  // namespace
}  // namespace nias
