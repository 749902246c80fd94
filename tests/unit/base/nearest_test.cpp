#include "base/nearest.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace nias {
namespace {

constexpr std::array<std::string_view, 4> kWords{"slots", "max-disk", "max-log", "r"};

TEST(NearestWord, IsTheOneWithFewestLettersToChange) {
    EXPECT_EQ(nearest_word("slot", kWords), "slots");
    EXPECT_EQ(nearest_word("slotts", kWords), "slots");
    EXPECT_EQ(nearest_word("max-dsk", kWords), "max-disk");
    EXPECT_EQ(nearest_word("maxlogs", kWords), "max-log");
    EXPECT_EQ(nearest_word("slots", kWords), "slots");
}

TEST(NearestWord, IsNoneWhereHalfOfTheWordWouldChange) {
    EXPECT_EQ(nearest_word("s", kWords), "");  // one letter of a word of one letter
    EXPECT_EQ(nearest_word("", kWords), "");
    EXPECT_EQ(nearest_word("slo-x-ts", kWords), "");
    EXPECT_EQ(nearest_word("slots", {}), "");
}

TEST(NearestWord, IsNoneForAWordThatIsTooLongToBeMistyped) {
    EXPECT_EQ(nearest_word(std::string(1U << 20U, 's'), kWords), "");
}

}  // namespace
}  // namespace nias
