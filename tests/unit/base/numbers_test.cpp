// A text is a number whole, or not at all.
#include "base/numbers.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace nias {
namespace {

TEST(AWholeNumber, IsReadWithinItsType) {
    EXPECT_EQ(whole_number<int>("-12"), -12);
    EXPECT_EQ(whole_number<std::uint16_t>("65535"), 65535);
    EXPECT_EQ(whole_number<std::uint64_t>("18446744073709551615"), UINT64_MAX);
    EXPECT_EQ(whole_number<std::uint64_t>("ff", 16), 255U);
}

TEST(AWholeNumber, IsNothingElse) {
    for (const char* text : {"", " 1", "1 ", "1.0", "+1", "0x1", "1e3", "one", "65536", "-1"}) {
        EXPECT_EQ(whole_number<std::uint16_t>(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace nias
