#include "api/quota.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace nias::httpfront {
namespace {

using testing::HasSubstr;

class Quota : public testing::Test {
protected:
    /// Code of the refusal; empty: there is room.
    std::string refused(const std::string& owner, std::uint64_t bytes) const {
        const auto problem = check_quota(options_, all_, owner, {.jobs = 1, .bytes = bytes});
        return problem ? problem->code : "";
    }
    FrontOptions options_;
    std::vector<store::OwnerUsage> all_{{"ana", 5, 2, 100}, {"rui", 1, 0, 900}};
};

TEST_F(Quota, WithoutBoundsTakesAnything) {
    EXPECT_FALSE(has_quota(options_));
    EXPECT_EQ(refused("ana", UINT64_MAX), "");
}

TEST_F(Quota, OfBytesTakesWhatJustFits) {
    options_.user_bytes = 150;
    EXPECT_TRUE(has_quota(options_));
    EXPECT_EQ(refused("ana", 50), "");
    EXPECT_EQ(refused("ana", 51), "quota_bytes");
    EXPECT_EQ(refused("ana", UINT64_MAX), "quota_bytes");
    EXPECT_EQ(refused("eva", 150), "") << "who has nothing yet has it all";
    EXPECT_EQ(refused("rui", 0), "quota_bytes") << "who has more already gets nothing";
}

TEST_F(Quota, OfEverybodyCountsAllUsers) {
    options_.all_bytes = 1'100;
    EXPECT_EQ(refused("eva", 100), "");
    EXPECT_EQ(refused("eva", 101), "quota_all_bytes");
}

TEST_F(Quota, OfJobsAndOfThoseThatHaveNotEndedAreToldApart) {
    options_.user_jobs = 5;
    EXPECT_EQ(refused("ana", 1), "quota_jobs");
    EXPECT_EQ(refused("rui", 1), "");
    options_.user_jobs = 6;
    options_.user_alive = 2;
    const auto problem = check_quota(options_, all_, "ana", {.jobs = 1, .bytes = 1});
    ASSERT_TRUE(problem);
    EXPECT_EQ(problem->status, 429);
    EXPECT_EQ(problem->code, "quota_alive");
    EXPECT_THAT(problem->detail, HasSubstr("2 of your jobs wait or run, of 2 at most"));
}

TEST_F(Quota, AnArrayNeedsRoomForAllItsMembers) {
    options_.user_jobs = 10;
    EXPECT_FALSE(check_quota(options_, all_, "ana", {.jobs = 5, .bytes = 0}));
    EXPECT_EQ(check_quota(options_, all_, "ana", {.jobs = 6, .bytes = 0})->code, "quota_jobs");
}

TEST_F(Quota, ShowsAUserTheirOwnAndAnAdministratorEverybodys) {
    options_.user_bytes = 1'000;
    options_.keep_days = 30;
    const auto own = nlohmann::json::parse(usage_json(options_, all_, "ana", false));
    EXPECT_EQ(own, nlohmann::json::parse(R"({"used":{"bytes":100,"jobs":5,"alive":2},
        "bounds":{"bytes":1000,"jobs":0,"alive":0},"keep_days":30})"));
    const auto everybodys = nlohmann::json::parse(usage_json(options_, all_, "eva", true));
    EXPECT_EQ(everybodys["used"]["jobs"], 0);
    EXPECT_EQ(everybodys["everybody"], nlohmann::json::parse(R"({"bytes":1000,"bound":0})"));
    EXPECT_EQ(everybodys["users"][1],
              nlohmann::json::parse(R"({"name":"rui","bytes":900,"jobs":1,"alive":0})"));
}

}  // namespace
}  // namespace nias::httpfront
