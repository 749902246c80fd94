#include "daemon/resources.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nias::daemon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string refusal(const std::vector<std::string>& words) {
    const auto parsed = parse_resources(words);
    return parsed ? "taken" : parsed.error().message;
}

TEST(Resources, AreNamesWithCounts) {
    const auto parsed = parse_resources({"matlab_seats=2", "scope=1"});
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_THAT(*parsed, ElementsAre(CountedResource{"matlab_seats", 2}, CountedResource{"scope", 1}));
    EXPECT_TRUE(parse_resources({})->empty());
}

TEST(Resources, AreRefusedByTheWordThatIsWrong) {
    EXPECT_EQ(refusal({"seats"}), "--resource seats: write it like matlab_seats=2");
    for (const char* count : {"", "0", "-1", "2x", "4294967296", "many"}) {
        EXPECT_THAT(refusal({"seats=" + std::string(count)}), HasSubstr("the count is not a number"))
            << count;
    }
    EXPECT_THAT(refusal({"two words=1"}), HasSubstr("is no name of a counted resource"));
    EXPECT_EQ(refusal({"a=1", "a=2"}), "--resource a=2: it is given twice; give each name once");
}

}  // namespace
}  // namespace nias::daemon
