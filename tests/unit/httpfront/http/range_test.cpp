#include "http/range.hpp"

#include <gtest/gtest.h>

namespace nias::httpfront {
namespace {

using Pair = std::pair<std::uint64_t, std::uint64_t>;

std::optional<Pair> slice(std::string_view field, std::uint64_t size) {
    const auto range = parse_range(field, size);
    const auto* found = std::get_if<Slice>(&range);
    return found == nullptr ? std::nullopt : std::optional(Pair{found->offset, found->length});
}

TEST(Range, TakesOneRange) {
    EXPECT_EQ(slice("bytes=0-0", 10), Pair(0, 1));
    EXPECT_EQ(slice("bytes=3-", 10), Pair(3, 7));
    EXPECT_EQ(slice("bytes=-4", 10), Pair(6, 4));
    EXPECT_EQ(slice("bytes=-40", 10), Pair(0, 10));
    EXPECT_EQ(slice("bytes=5-99", 10), Pair(5, 5));
}

TEST(Range, SaysWhereNothingIs) {
    for (const std::string_view field : {"bytes=10-", "bytes=10-12", "bytes=-0"}) {
        EXPECT_TRUE(std::holds_alternative<Unsatisfiable>(parse_range(field, 10))) << field;
    }
    EXPECT_TRUE(std::holds_alternative<Unsatisfiable>(parse_range("bytes=-5", 0)));
}

TEST(Range, AnswersTheRestWithTheWhole) {
    for (const std::string_view field : {"lines=1-2", "bytes=1-2,4-5", "bytes=a-b", "bytes=5-2", "bytes=-",
                                         "bytes", "bytes=1-99999999999999999999"}) {
        EXPECT_TRUE(std::holds_alternative<Whole>(parse_range(field, 10))) << field;
    }
}

TEST(Range, OfAnotherVersionIsTheWhole) {
    Request request{.method = "GET"};
    request.fields = {{"range", "bytes=0-1"}, {"if-range", "\"old\""}};
    EXPECT_TRUE(std::holds_alternative<Whole>(wanted_range(request, "\"new\"", 10)));
    EXPECT_TRUE(std::holds_alternative<Slice>(wanted_range(request, "\"old\"", 10)));
}

TEST(Range, KnowsWhatTheClientHas) {
    Request request;
    request.fields = {{"if-none-match", "\"a\", W/\"b\""}};
    EXPECT_TRUE(is_known(request, "\"a\""));
    EXPECT_TRUE(is_known(request, "\"b\""));
    EXPECT_FALSE(is_known(request, "\"c\""));
}

}  // namespace
}  // namespace nias::httpfront
