// Counted resources of the lab, as a task may ask for them.
#include <gtest/gtest.h>

#include <nias/task.hpp>

namespace nias {
namespace {

std::string fault(const CountedResources& asked) {
    const Status checked = check(asked);
    if (checked) { return "none"; }
    EXPECT_EQ(checked.error().code, ErrorCode::invalid);
    return checked.error().message;
}

TEST(CountedResources, AreAsWideAsAPointer) { EXPECT_EQ(sizeof(CountedResources), sizeof(void*)); }

TEST(CountedResources, AreTheSameListAfterACopyAndNoneAfterAMove) {
    CountedResources seats{{"seats", 2}, {"scope", 1}};
    const CountedResources copy = seats;
    EXPECT_EQ(copy, seats);
    ASSERT_EQ(copy.size(), 2U);
    EXPECT_EQ(copy.begin()[1], (CountedResource{"scope", 1}));
    const CountedResources moved = std::move(seats);
    EXPECT_EQ(moved, copy);
    seats = {};
    EXPECT_TRUE(seats.empty());
    EXPECT_NE(moved, seats);
    seats = moved;
    EXPECT_EQ(seats, copy);
}

TEST(CountedResources, HaveAnOrderInWhichNoneIsTheFirst) {
    const CountedResources none;
    const CountedResources one{{"a", 1}};
    const CountedResources two{{"a", 2}};
    EXPECT_TRUE(none < one && one < two && !(two < none) && !(none < CountedResources{}));
    EXPECT_TRUE(one < (CountedResources{{"a", 1}, {"b", 1}}));
}

TEST(CountedResources, AreTakenWithNamesOfWordsAndAmounts) {
    EXPECT_EQ(fault({}), "none");
    EXPECT_EQ(fault({{"matlab_seats", 2}, {"Scope-3.b", 1}}), "none");
    EXPECT_EQ(fault({{std::string(kCountedNameMax, 'x'), 1}}), "none");
}

TEST(CountedResources, AreRefusedInWords) {
    EXPECT_EQ(fault({{"", 1}}),
              "\"\" is no name of a counted resource: use 1 to 64 letters, digits, _, - and .");
    EXPECT_EQ(fault({{"two words", 1}}),
              "\"two words\" is no name of a counted resource: use 1 to 64 letters, digits, _, - and .");
    EXPECT_NE(fault({{std::string(kCountedNameMax + 1, 'x'), 1}}), "none");
    EXPECT_EQ(fault({{"seats", 0}}), "none of the counted resource seats is asked for: ask for 1 or more");
    EXPECT_EQ(fault({{"a", 1}, {"a", 2}}), "the counted resource a is named twice");
    std::vector<CountedResource> many;
    for (char c = 'a'; c < 'j'; ++c) { many.push_back({std::string(1, c), 1}); }
    EXPECT_EQ(fault(CountedResources(many)), "9 counted resources are named: at most 8 may be");
}

}  // namespace
}  // namespace nias
