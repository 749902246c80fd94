// The indices of an array, as people write them.
#include "job/array/indices.hpp"

#include <gmock/gmock.h>

namespace nias::job {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string refused(std::string_view text) {
    const auto indices = parse_indices(text);
    return indices ? "taken" : indices.error().message;
}

TEST(ArrayIndices, AreRangesListsAndStepsInRisingOrder) {
    EXPECT_THAT(*parse_indices("1-5"), ElementsAre(1, 2, 3, 4, 5));
    EXPECT_THAT(*parse_indices("7"), ElementsAre(7));
    EXPECT_THAT(*parse_indices("20,1-3,30-50:5"), ElementsAre(1, 2, 3, 20, 30, 35, 40, 45, 50));
    EXPECT_THAT(*parse_indices(" 0 - 7 : 3 , 1 "), ElementsAre(0, 1, 3, 6));
    EXPECT_THAT(*parse_indices("999999999"), ElementsAre(999'999'999));
    EXPECT_EQ(parse_indices("1-10000")->size(), 10'000U);
}

TEST(ArrayIndices, AreRefusedInWordsWithACure) {
    for (const char* text :
         {"a", "1-", "-3", "1--2", "1,,2", "1-3:", "4:2", "1.5", "1000000000", "1;2", "+1", "1-2-3"}) {
        EXPECT_THAT(refused(text), HasSubstr("is no index and no range")) << text;
        EXPECT_THAT(refused(text), HasSubstr("write indices like")) << text;
    }
    EXPECT_THAT(refused(""), HasSubstr("has no members: write indices like"));
    EXPECT_EQ(refused("9-3"), "\"9-3\" runs backwards: write the smaller index first");
    EXPECT_EQ(refused("1-9:0"), "\"1-9:0\" has a step of 0: write a step of at least 1");
    EXPECT_THAT(refused("1-100%10"), HasSubstr("leave out the %"));
    EXPECT_EQ(refused("1-10,5"), "the index 5 is named twice: name each index once");
}

TEST(ArrayIndices, AreBoundedBeforeAnyMemoryIsTaken) {
    EXPECT_THAT(refused("1-10001"), HasSubstr("at most 10000 members"));
    EXPECT_THAT(refused("0-999999999"), HasSubstr("at most 10000 members"));
    EXPECT_THAT(refused("1-6000,10000-16000"), HasSubstr("at most 10000 members"));
}

TEST(ArrayIndices, AreWrittenAsShortAsTheyCanBeRead) {
    for (const char* text : {"1-5", "7", "1-3,20,30-50:5", "0-6:2,100", "1-2", "3,9", "0"}) {
        EXPECT_EQ(indices_text(*parse_indices(text)), text);
    }
    EXPECT_EQ(indices_text(*parse_indices("3,1,2,4")), "1-4");
    EXPECT_EQ(indices_text({}), "");
}

}  // namespace
}  // namespace nias::job
