// The command line of the worker.
#include "worker/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_folder.hpp"

namespace nias::worker {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class OptionsTest : public testing::Test {
protected:
    OptionsTest() {
        options.data = folder / "d";
        for (std::string* address :
             {&options.service.control, &options.service.outcomes, &options.service.bulk}) {
            address->clear();
        }
    }
    std::string refusal() {
        const auto settings = complete(options);
        if (settings) { return "taken"; }
        EXPECT_EQ(settings.error().code, ErrorCode::invalid);
        return settings.error().message;
    }
    test::TempFolder folder;
    Options options;
};

TEST_F(OptionsTest, FillInFromTheDataDirectory) {
    options.service.name = "w1";
    const auto settings = complete(options);
    ASSERT_TRUE(settings) << settings.error().message;
    EXPECT_EQ(options.service.control, "ipc://" + (folder / "d/run/control"));
    EXPECT_EQ(options.service.shared_blobs, folder / "d");
    EXPECT_EQ(options.service.outbox, folder / "d/worker/outbox-w1");
    EXPECT_EQ(settings->work, folder / "d/worker/work/w1");
    EXPECT_EQ(settings->envs.folder, folder / "d/worker/envs");
    EXPECT_EQ(settings->bundles, folder / "d/worker/bundles-w1");
    EXPECT_GE(options.service.slots, 1U);
    EXPECT_EQ(settings->network, Network::internet);
}

TEST_F(OptionsTest, FetchOverTheNetworkWhereTheSinkIsElsewhere) {
    options.service.bulk = "tcp://10.0.0.2:5559";
    ASSERT_TRUE(complete(options));
    EXPECT_EQ(options.service.shared_blobs, "");
}

TEST_F(OptionsTest, TakeUsersForJobs) {
    EXPECT_EQ(complete(options)->job_users, UserRange{});
    options.job_uids = "70000-70063";
    options.service.slots = 0;
    options.slots = 64;
    EXPECT_EQ(complete(options)->job_users, (UserRange{70'000, 70'063}));
    EXPECT_FALSE(complete(options)->prepares) << "there are no users for a job more a slot";
    options.slots = 32;
    EXPECT_TRUE(complete(options)->prepares);
    options.slots = 65;
    EXPECT_THAT(refusal(), HasSubstr("64 users are too few for 65 jobs"));
    options.job_uids = "70063-70000";
    EXPECT_THAT(refusal(), StartsWith("--job-uids 70063-70000: "));
}

TEST_F(OptionsTest, ReadLimitsAsPeopleWriteThem) {
    options.default_memory = "2 GiB";
    options.default_time_limit = "10m";
    const auto settings = complete(options);
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->default_memory_bytes, 2ULL << 30U);
    EXPECT_EQ(settings->default_time_ms, 600'000U);
    EXPECT_EQ(defaults_in_words(*settings), "a job by default: 10 min, 2 GiB, 64 GiB of disk");
}

TEST_F(OptionsTest, ProtectTheLabFromJobsThatNameNoLimits) {
    options.slots = 2;
    const auto settings = complete(options);
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->default_time_ms, 24U * 3600 * 1000);
    EXPECT_LE(settings->default_memory_bytes, options.service.memory_bytes / 2);
    EXPECT_GT(settings->default_memory_bytes, options.service.memory_bytes / 2 - (1U << 20U));
    options.slots = 1024;
    options.job_uids = "100000-101023";
    const auto small = complete(options);
    ASSERT_TRUE(small) << small.error().message;
    EXPECT_GE(small->default_memory_bytes, 512U << 20U) << "a share is enough to begin with";
    options.default_memory = "none";
    options.default_time_limit = "none";
    const auto none = complete(options);
    ASSERT_TRUE(none);
    EXPECT_EQ(none->default_memory_bytes + none->default_time_ms, 0U);
    EXPECT_EQ(defaults_in_words(*none), "a job by default: any time, any memory, 64 GiB of disk");
}

TEST_F(OptionsTest, BoundTheDiskByDefaultWithinItsMost) {
    options.max_disk = "20 GiB";
    const auto most = complete(options);
    ASSERT_TRUE(most) << most.error().message;
    EXPECT_EQ(most->disk_bytes_by_default(), 20ULL << 30U);
    options.default_disk = "5 GiB";
    const auto less = complete(options);
    ASSERT_TRUE(less) << less.error().message;
    EXPECT_EQ(less->disk_bytes_by_default(), 5ULL << 30U);
    EXPECT_EQ(less->max_disk_bytes, 20ULL << 30U);
    EXPECT_THAT(defaults_in_words(*less), testing::EndsWith(", 5 GiB of disk"));
    for (const char* wrong : {"30 GiB", "0", "much"}) {
        options.default_disk = wrong;
        EXPECT_THAT(refusal(), StartsWith("--default-disk")) << wrong;
    }
}

TEST_F(OptionsTest, NameTheFilesOfEnvironments) {
    options.constraints = folder / "none.txt";
    EXPECT_THAT(refusal(), StartsWith("--constraints"));
    test::write_file(folder / "none.txt", "numpy<2\n");
    const auto settings = complete(options);
    ASSERT_TRUE(settings) << settings.error().message;
    EXPECT_EQ(settings->envs.constraints, folder / "none.txt");
    EXPECT_EQ(settings->envs.named, folder / "d/environments");
}

TEST_F(OptionsTest, AreRefusedByName) {
    options.sandbox = "docker";
    EXPECT_THAT(refusal(), StartsWith("--sandbox docker"));
    options.sandbox = "none";
    options.job_network = "lan";
    EXPECT_THAT(refusal(), StartsWith("--job-network lan"));
    options.job_network = "none";
    EXPECT_EQ(complete(options)->network, Network::host) << "without a sandbox nothing takes it away";
    options.sandbox = "bwrap";
    EXPECT_EQ(complete(options)->network, Network::none);
    options.job_network = "internet";
    options.job_network_allow = {"10.1.0.0/16", "192.168.1.7"};
    EXPECT_EQ(complete(options)->network_allowed, (std::vector<Cidr>{{0x0A01'0000, 16}, {0xC0A8'0107, 32}}));
    options.job_network_allow = {"10.1.0.0/99"};
    EXPECT_THAT(refusal(), StartsWith("--job-network-allow 10.1.0.0/99: "));
    options.job_network_allow.clear();
    options.job_network = "host";
    options.service.name = "../x";
    EXPECT_THAT(refusal(), StartsWith("--name ../x"));
    options.service.name = "x";
    options.wheelhouse = folder / "nowhere";
    EXPECT_THAT(refusal(), HasSubstr("--wheelhouse"));
    options.wheelhouse.clear();
    options.default_memory = "much";
    EXPECT_THAT(refusal(), StartsWith("--default-memory"));
    options.default_memory.clear();
    EXPECT_EQ(refusal(), "taken");
}

}  // namespace
}  // namespace nias::worker
