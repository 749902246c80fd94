// Latencies as nias-bench tells them: exact ranks, and bars that hold each value once.
#include "bench/load/latencies.hpp"

#include <gtest/gtest.h>

namespace nias::bench {
namespace {

Latencies of(std::initializer_list<std::uint32_t> values) {
    Latencies all;
    for (const std::uint32_t value : values) { all.add(value); }
    return all;
}

TEST(Latencies, GiveTheSmallestValueThatIsNotBelowAShareOfAll) {
    Latencies all;
    for (std::uint32_t i = 1000; i > 0; --i) { all.add(i); }
    EXPECT_EQ(all.at(0.5), 500U);
    EXPECT_EQ(all.at(0.999), 999U);
    EXPECT_EQ(all.at(1), 1000U);
    EXPECT_EQ(all.at(0), 1U);
    all.add(5000);
    EXPECT_EQ(all.at(1), 5000U) << "what is added later counts too";
}

TEST(Latencies, OfNoneAreZeroAndHaveNoBars) {
    Latencies none;
    EXPECT_EQ(none.at(0.5), 0U);
    EXPECT_TRUE(none.bars().empty());
}

TEST(Latencies, StandInBarsOfATenthOfADecadeEachValueOnce) {
    Latencies all = of({0, 1, 2, 9, 10, 11, 100, 101, 126, 4'294'967'295U});
    std::size_t count = 0;
    std::uint32_t before = 0;
    for (const Latencies::Bar& bar : all.bars()) {
        EXPECT_TRUE(count == 0 || bar.upto_micros > before);
        before = bar.upto_micros;
        count += bar.count;
    }
    EXPECT_EQ(count, all.size());
    EXPECT_EQ(all.bars().front().count, 2U) << "zero and one";
    EXPECT_EQ(before, 4'294'967'295U) << "the last bar ends with the largest value there is";
}

TEST(Latencies, BeginWithTheFirstBarThatHoldsOne) {
    Latencies all = of({150});
    ASSERT_EQ(all.bars().size(), 1U);
    EXPECT_EQ(all.bars().front().upto_micros, 158U);
}

TEST(Latencies, AreToldInTheUnitThatReadsBest) {
    EXPECT_EQ(in_words(850), "850 us");
    EXPECT_EQ(in_words(12'345), "12.3 ms");
    EXPECT_EQ(in_words(4'210'000), "4.21 s");
}

}  // namespace
}  // namespace nias::bench
