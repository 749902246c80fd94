// Control groups: where they are found, and one of the kernel's own.
#include "worker/host/cgroup.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "worker/host/cgroup_version.hpp"
#include "worker/host/process.hpp"

namespace nias::worker {
namespace {

using testing::HasSubstr;

TEST(Cgroups, AreFoundWhereVersion2IsMounted) {
    const auto places =
        cgroup_places("proc /proc proc rw 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n",
                      "0::/system.slice/nias.service\n");
    EXPECT_EQ(places.unified, "/sys/fs/cgroup");
    EXPECT_EQ(places.own.at(""), "/system.slice/nias.service");
    EXPECT_TRUE(places.version1.empty());
}

TEST(Cgroups, AreFoundByControllerInVersion1) {
    const auto places = cgroup_places(
        "cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\ncgroup /sys/fs/cgroup/cpu,cpuacct cgroup "
        "rw,cpu,cpuacct 0 0\n",
        "4:memory:/jobs\n3:cpu,cpuacct:/\nnonsense\n");
    EXPECT_EQ(places.unified, "");
    EXPECT_EQ(places.version1.at("memory"), "/sys/fs/cgroup/memory");
    EXPECT_EQ(places.version1.at("cpuacct"), "/sys/fs/cgroup/cpu,cpuacct");
    EXPECT_EQ(places.own.at("memory"), "/jobs");
    EXPECT_EQ(places.own.at("cpu"), "") << "the root is no folder below the mount";
}

TEST(Cgroups, SayWhenNoneCanBeMade) {
    const auto none = Cgroups::none();
    EXPECT_FALSE(none.available());
    EXPECT_FALSE(none.limits_memory());
    EXPECT_THAT(none.words(), HasSubstr("no control group can be made here"));
    EXPECT_EQ(find_cgroup_v2({}, "test"), nullptr);
    EXPECT_EQ(find_cgroup_v1({}, "test"), nullptr);
}

TEST(Cgroups, HoldAProgramAndEndIt) {
    const auto cgroups = Cgroups::find("cgroup-test");
    if (!cgroups.available()) { GTEST_SKIP() << "no control group can be made here"; }
    auto group = cgroups.make("sleeper", {.cpus = 1, .memory_bytes = 64U << 20U});
    ASSERT_TRUE(group) << group.error().message;
    EXPECT_FALSE(cgroups.make("sleeper", {})) << "a name is one group";
    Spawn spawn;
    spawn.argv = {"/bin/sleep", "600"};
    spawn.join = group->join();
    auto sleeper = Process::spawn(spawn);
    ASSERT_TRUE(sleeper) << sleeper.error().message;
    EXPECT_FALSE(wait_readable(sleeper->pidfd(), 0));
    EXPECT_TRUE(group->kill_all(10'000));
    EXPECT_TRUE(wait_readable(sleeper->pidfd(), 10'000));
    EXPECT_TRUE(sleeper->reap().signalled);
    EXPECT_EQ(group->oom_kills(), 0U);
}

}  // namespace
}  // namespace nias::worker
