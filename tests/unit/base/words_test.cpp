// Texts are cut between characters, and amounts read as people write them.
#include "base/words.hpp"

#include <gtest/gtest.h>

namespace nias {
namespace {

TEST(ATextThatIsCut, KeepsCharactersWhole) {
    const std::string text = "aé€😀";  // of 1, 2, 3 and 4 bytes
    const std::vector<std::string> beginnings{"",    "a",   "a",   "aé",  "aé",   "aé",
                                              "aé€", "aé€", "aé€", "aé€", "aé€😀", "aé€😀"};
    for (std::size_t most = 0; most < beginnings.size(); ++most) {
        EXPECT_EQ(cut_utf8(text, most), beginnings[most]) << most;
    }
}

TEST(ATextThatIsCut, IsWholeWhereItFits) {
    EXPECT_EQ(cut_utf8("", 0), "");
    EXPECT_EQ(cut_utf8("abc", 3), "abc");
    EXPECT_EQ(cut_utf8("abc", 1000), "abc");
}

TEST(ATextThatIsCut, EndsWhateverItsBytesAre) {
    EXPECT_EQ(cut_utf8("\x80\x80\x80\x80", 3), "");
    EXPECT_EQ(cut_utf8("a\xff\xfe", 2), "a\xff");
}

TEST(ASizeInWords, IsInTheLargestUnitOfWhichThereIsOne) {
    EXPECT_EQ(size_in_words(0), "0 B");
    EXPECT_EQ(size_in_words(1023), "1023 B");
    EXPECT_EQ(size_in_words(1024), "1 KiB");
    EXPECT_EQ(size_in_words(1536), "1.5 KiB");
    EXPECT_EQ(size_in_words((12U << 20U) + (1U << 19U)), "12.5 MiB");
    EXPECT_EQ(size_in_words(std::uint64_t{4} << 30U), "4 GiB");
    EXPECT_EQ(size_in_words(std::uint64_t{5000} << 40U), "5000 TiB");
}

TEST(ASizeInWords, NeverSaysAThousandOfAUnitThatHasALargerOne) {
    EXPECT_EQ(size_in_words((1U << 20U) - 1), "1 MiB");
    EXPECT_EQ(size_in_words((std::uint64_t{1} << 40U) - 1), "1 TiB");
}

TEST(ATimeInWords, IsInItsTwoLargestUnits) {
    EXPECT_EQ(time_in_words(0), "0 ms");
    EXPECT_EQ(time_in_words(999), "999 ms");
    EXPECT_EQ(time_in_words(1000), "1 s");
    EXPECT_EQ(time_in_words(2540), "2.5 s");
    EXPECT_EQ(time_in_words(60'000), "1 min");
    EXPECT_EQ(time_in_words(303'000), "5 min 3 s");
    EXPECT_EQ(time_in_words(7'200'000), "2 h");
    EXPECT_EQ(time_in_words(7'800'000), "2 h 10 min");
    EXPECT_EQ(time_in_words(86'400'000), "24 h");
    EXPECT_EQ(time_in_words(3 * 86'400'000ULL + 4 * 3'600'000ULL), "3 days 4 h");
}

TEST(ATimeInWords, IsRoundedToTheUnitAbove) {
    EXPECT_EQ(time_in_words(59'999), "1 min");
    EXPECT_EQ(time_in_words(3'599'900), "1 h");
}

}  // namespace
}  // namespace nias
