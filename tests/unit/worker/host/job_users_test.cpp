// Users that exist for one job at a time.
#include "worker/host/job_users.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <array>

#include "support/temp_folder.hpp"
#include "worker/host/process.hpp"

namespace nias::worker {
namespace {

using testing::HasSubstr;

TEST(JobUsers, AreReadAsARange) {
    EXPECT_EQ(*parse_user_range("60000-60063"), (UserRange{60'000, 60'063}));
    EXPECT_EQ(*parse_user_range("60000-60000"), (UserRange{60'000, 60'000}));
    for (const auto& [text, words] : {std::pair{"60000", "FIRST-LAST"},
                                      {"a-b", "FIRST-LAST"},
                                      {"60000-6x", "FIRST-LAST"},
                                      {"0-100", "from 1000"},
                                      {"60000-4294967294", "to 4294967293"},
                                      {"60001-60000", "below the first"},
                                      {"60000-125536", "at most 65536"}}) {
        const auto range = parse_user_range(text);
        ASSERT_FALSE(range) << text;
        EXPECT_THAT(range.error().message, HasSubstr(words)) << text;
    }
}

TEST(JobUsers, AreNoAccountsOfTheMachine) {
    const std::string passwd = "root:x:0:0::/root:/bin/sh\nana:x:60001:100::/nonexistent:/bin/sh\n";
    EXPECT_TRUE(no_account_in({60'002, 60'010}, passwd));
    EXPECT_TRUE(no_account_in({50'000, 60'000}, passwd));
    const auto held = no_account_in({60'000, 60'010}, passwd);
    ASSERT_FALSE(held);
    EXPECT_EQ(held.error().code, ErrorCode::conflict);
    EXPECT_THAT(held.error().message, HasSubstr("ana"));
}

TEST(JobUsers, AreGivenToOneAtATimeAndInTurn) {
    const test::TempFolder folder;
    const JobUsers users({60'000, 60'001}, folder / "locks");
    const JobUsers of_another_worker({60'000, 60'001}, folder / "locks");
    auto first = users.take();
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(first->user()->uid, 60'000U);
    {
        const auto second = of_another_worker.take();
        ASSERT_TRUE(second);
        EXPECT_EQ(second->user()->uid, 60'001U);
        const auto third = users.take();
        ASSERT_FALSE(third);
        EXPECT_EQ(third.error().code, ErrorCode::overloaded);
        EXPECT_THAT(third.error().message, HasSubstr("all 2 users for jobs are taken"));
    }
    EXPECT_TRUE(users.take()) << "what was given back is there again";
    *first = JobUserLease();
    EXPECT_NE(users.take()->user()->uid, users.take()->user()->uid) << "the next attempt has another";
}

class AsRoot : public testing::Test {
protected:
    void SetUp() override {
        if (::geteuid() != 0) { GTEST_SKIP() << "this is not root"; }
    }
    static constexpr JobUser kUser{2'099'999'000, 2'099'999'000};
};
using UserSwitch = AsRoot;

TEST_F(UserSwitch, LeavesNothingOfRoot) {
    const auto ids = capture({"/bin/grep", "-E", "^(Uid|Gid|Groups|CapPrm|CapEff)", "/proc/self/status"},
                             4096, 10'000, kUser);
    ASSERT_TRUE(ids) << ids.error().message;
    const std::string number = std::to_string(kUser.uid);
    const std::string four = number + "\t" + number + "\t" + number + "\t" + number + "\n";
    EXPECT_EQ(*ids, "Uid:\t" + four + "Gid:\t" + four +
                        "Groups:\t \nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n");
}

TEST_F(UserSwitch, EndsWhatTheLastOfThatUserLeft) {
    Spawn sleeper;
    sleeper.argv = {"/bin/sleep", "600"};
    sleeper.user = kUser;
    auto left = Process::spawn(sleeper);
    ASSERT_TRUE(left) << left.error().message;
    Spawn bystander;
    bystander.argv = {"/bin/sleep", "600"};
    bystander.user = JobUser{kUser.uid + 1, kUser.gid + 1};
    auto other = Process::spawn(bystander);
    ASSERT_TRUE(other) << other.error().message;
    ASSERT_TRUE(capture({"/bin/true"}, 10, 10'000, kUser));
    EXPECT_TRUE(wait_readable(left->pidfd(), 10'000));
    const Ending ending = left->reap();
    EXPECT_TRUE(ending.signalled);
    EXPECT_EQ(ending.code, SIGKILL);
    EXPECT_FALSE(wait_readable(other->pidfd(), 0)) << "other users are not touched";
}

TEST_F(UserSwitch, ShowsPlacesWhoseParentsAreClosed) {
    const test::TempFolder folder;  // for root alone
    test::write_file(folder / "closed/place/file", "seen");
    test::write_file(folder / "closed/single", "too");
    std::filesystem::permissions(folder / "closed", std::filesystem::perms::owner_all);
    Spawn spawn;
    spawn.argv = {"/bin/sh", "-c", "cat /tmp/0/file /tmp/1; ls /tmp"};
    spawn.user = kUser;
    spawn.shown = {{folder / "closed/place", "/tmp/0", true}, {folder / "closed/single", "/tmp/1", false}};
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const Descriptor reads(pipe[0]);
    Descriptor writes(pipe[1]);
    spawn.output = writes.get();
    auto process = Process::spawn(spawn);
    writes.reset();
    ASSERT_TRUE(process) << process.error().message;
    std::string said;
    std::array<char, 256> piece{};
    for (ssize_t count = 0; (count = ::read(reads.get(), piece.data(), piece.size())) > 0;) {
        said.append(piece.data(), static_cast<std::size_t>(count));
    }
    (void)process->reap();
    EXPECT_THAT(said, testing::StartsWith("seentoo"));
    EXPECT_THAT(said, HasSubstr("Permission denied")) << "and tells nobody what else is there";
    EXPECT_FALSE(std::filesystem::exists("/tmp/0/file")) << "it is shown to that process alone";
}

TEST_F(UserSwitch, GivesATreeWithoutFollowingLinks) {
    const test::TempFolder folder;
    test::write_file(folder / "tree/a/b", "x");
    test::write_file(folder / "outside", "x");
    std::filesystem::create_symlink(folder / "outside", folder / "tree/link");
    std::filesystem::create_directory_symlink(folder.path(), folder / "tree/up");
    ASSERT_TRUE(give_tree(folder / "tree", kUser));
    const auto owner = [](const std::string& path) {
        struct stat info {};
        return ::lstat(path.c_str(), &info) == 0 ? info.st_uid : 1;
    };
    for (const char* name : {"tree", "tree/a", "tree/a/b", "tree/link", "tree/up"}) {
        EXPECT_EQ(owner(folder / name), kUser.uid) << name;
    }
    EXPECT_EQ(owner(folder / "outside"), 0U);
    EXPECT_EQ(owner(folder.path()), 0U);
    EXPECT_FALSE(give_tree(folder / "nothing", kUser));
}

}  // namespace
}  // namespace nias::worker
