// Programs in a real box: how they start and how they end.
#include "worker/run/execution.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "worker/sandbox/sandbox.hpp"

namespace nias::worker {
namespace {

using testing::HasSubstr;

TEST(Execution, SaysWhenTheBoxCannotBeMade) {
    const auto sandbox = make_bwrap();
    ASSERT_TRUE(sandbox) << sandbox.error().message;
    const auto lease = (*sandbox)->user();
    ASSERT_TRUE(lease) << lease.error().message;
    Box box;
    box.user = lease->user();
    box.argv = {"/bin/true"};
    box.cwd = "/";
    box.mounts = {{"/no/such/folder", "/job"}};
    LogPump log([](std::string_view) {}, 4096);
    const auto end = run_in_box(**sandbox, box, Cgroups::none(), "x", log, {[] { return false; }});
    ASSERT_FALSE(end);
    EXPECT_THAT(end.error().message,
                HasSubstr("the sandbox did not start: bwrap: Can't find source path /no/such/folder"));
}

TEST(Execution, TellsAProgramsOwnFailureFromTheBoxes) {
    const auto sandbox = make_bwrap();
    ASSERT_TRUE(sandbox) << sandbox.error().message;
    const auto lease = (*sandbox)->user();
    ASSERT_TRUE(lease) << lease.error().message;
    Box box;
    box.user = lease->user();
    box.argv = {"/bin/sh", "-c", "echo bwrap: no; exit 1"};
    box.cwd = "/";
    LogPump log([](std::string_view) {}, 4096);
    const auto end = run_in_box(**sandbox, box, Cgroups::none(), "x", log, {[] { return false; }});
    ASSERT_TRUE(end) << end.error().message;
    EXPECT_EQ(end->why, RunEnd::Why::exited);
    EXPECT_EQ(end->code, 1);
}

TEST(Execution, RunsNothingAsRoot) {
    if (::geteuid() != 0) { GTEST_SKIP() << "this is not root"; }
    const auto sandbox = make_bwrap();
    ASSERT_TRUE(sandbox) << sandbox.error().message;
    Box box;
    box.argv = {"/bin/true"};
    box.cwd = "/";
    LogPump log([](std::string_view) {}, 4096);
    const auto end = run_in_box(**sandbox, box, Cgroups::none(), "x", log, {[] { return false; }});
    ASSERT_FALSE(end);
    EXPECT_THAT(end.error().message, HasSubstr("needs a user of its own"));
}

}  // namespace
}  // namespace nias::worker
