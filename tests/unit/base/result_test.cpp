// A Result holds a value or why there is none, whatever type says why.
#include <gtest/gtest.h>
#include <nias/result.hpp>

#include <memory>
#include <string>

namespace nias {
namespace {

struct Refusal {
    int status = 0;
    std::string words;
};

Result<std::unique_ptr<int>, Refusal> half_of(int number) {
    if (number % 2 != 0) { return Refusal{422, std::to_string(number) + " is odd"}; }
    return std::make_unique<int>(number / 2);
}

Result<void, Refusal> check_even(int number) {
    if (number % 2 != 0) { return Refusal{422, "odd"}; }
    return {};
}

TEST(Result, HoldsAValueOrARefusalOfTheCallersOwnType) {
    auto half = half_of(4);
    ASSERT_TRUE(half);
    EXPECT_EQ(**half, 2);
    const std::unique_ptr<int> moved = *std::move(half);
    EXPECT_EQ(*moved, 2);
    const auto refused = half_of(3);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().status, 422);
    EXPECT_EQ(refused.error().words, "3 is odd");
}

TEST(Result, WithoutAValueHoldsARefusalOrNothing) {
    EXPECT_TRUE(check_even(2));
    ASSERT_FALSE(check_even(3));
    EXPECT_EQ(check_even(3).error().words, "odd");
}

TEST(Result, NamesEachOfItsCodes) {
    EXPECT_EQ(to_string(ErrorCode::invalid), "invalid");
    EXPECT_EQ(to_string(ErrorCode::internal), "internal");
    EXPECT_EQ(to_string(ErrorCode::denied), "denied");
}

}  // namespace
}  // namespace nias
