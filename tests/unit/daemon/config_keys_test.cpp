#include "daemon/config_keys.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nias::daemon {
namespace {

using testing::HasSubstr;

class ConfigKeysTest : public testing::Test {
protected:
    ConfigKeysTest() {
        for (const char* option : {"data", "port", "log-level"}) { keys.add(option); }
        keys.add_program("nias-worker", {"data", "control"});
        for (const char* option : {"slots", "max-disk", "owner"}) { keys.add_passed(option); }
        keys.add_program("other", {});
        for (const char* option : {"threads", "owner"}) { keys.add_passed(option); }
    }
    std::string refusal(const std::string& table, const std::string& key) const {
        const auto place = keys.place_of(table, key);
        if (place) { return "taken"; }
        EXPECT_EQ(place.error().code, ErrorCode::invalid);
        return place.error().message;
    }
    ConfigKeys keys;
};

TEST_F(ConfigKeysTest, AboveTheTablesAreTheOptionsOfAllPrograms) {
    for (const std::string key : {"data", "log-level", "slots", "threads"}) {
        const auto place = keys.place_of("", key);
        ASSERT_TRUE(place) << place.error().message;
        EXPECT_EQ(place->option, key);
        EXPECT_EQ(place->program, "");
    }
}

TEST_F(ConfigKeysTest, InATableAreTheOptionsOfItsProgram) {
    const auto slots = keys.place_of("worker", "slots");
    ASSERT_TRUE(slots) << slots.error().message;
    EXPECT_EQ(slots->option, "slots");
    EXPECT_EQ(slots->program, "nias-worker");
    EXPECT_EQ(keys.place_of("other", "threads")->program, "other");
    EXPECT_EQ(keys.place_of("worker", "log-level")->program, "nias-worker");
    EXPECT_THAT(refusal("worker", "threads"), HasSubstr("\"threads\" in [worker], which is not known"));
    EXPECT_THAT(refusal("worker", "port"), HasSubstr("which is not known"));
}

TEST_F(ConfigKeysTest, InNoTableAreOptionsOfSeveralPrograms) {
    EXPECT_THAT(refusal("worker", "owner"), HasSubstr("which another program takes as well"));
    EXPECT_TRUE(keys.place_of("", "owner"));
}

TEST_F(ConfigKeysTest, RefuseAKeyWithTheNearestOne) {
    EXPECT_THAT(refusal("", "dota"), HasSubstr("\"dota\", which is not known (is \"data\" meant?)"));
    EXPECT_THAT(refusal("worker", "max_disk"), HasSubstr("(is \"max-disk\" meant?)"));
    EXPECT_THAT(refusal("worker", "slotz"), HasSubstr("(is \"slots\" meant?)"));
    EXPECT_THAT(refusal("worker", "colour"), HasSubstr("which is not known: nias-worker --help lists"));
}

TEST_F(ConfigKeysTest, RefuseATableWithTheNearestOne) {
    EXPECT_THAT(refusal("wroker", "slots"), HasSubstr("[wroker], which is not known (is \"worker\" meant?)"));
    EXPECT_THAT(refusal("worker.more", "slots"), HasSubstr("[worker.more], which is not known"));
    ConfigKeys alone;
    alone.add("slots");
    const auto refused = alone.place_of("worker", "slots");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("all keys of this program stand without a table"));
}

TEST_F(ConfigKeysTest, SayWhereAKeyBelongsThatTheStartingProgramDecides) {
    EXPECT_THAT(refusal("worker", "data"), HasSubstr("write it above the tables"));
    EXPECT_THAT(refusal("worker", "control"), HasSubstr("not to be chosen"));
}

}  // namespace
}  // namespace nias::daemon
