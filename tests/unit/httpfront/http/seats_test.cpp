#include "http/seats.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace nias::httpfront {
namespace {

TEST(Seats, AnAddressHasItsOwnBound) {
    Seats seats({.all = 10, .of_an_address = 2});
    const auto first = seats.give("10.0.0.1");
    auto second = seats.give("10.0.0.1");
    EXPECT_EQ(seats.full_for("10.0.0.1"), Seats::Full::for_the_address);
    EXPECT_EQ(seats.full_for("10.0.0.2"), std::nullopt);
    second.reset();
    EXPECT_EQ(seats.full_for("10.0.0.1"), std::nullopt);
}

TEST(Seats, TheEmptyAddressHasNoBoundOfItsOwn) {
    Seats seats({.all = 3, .of_an_address = 1});
    const auto first = seats.give("");
    const auto second = seats.give("");
    EXPECT_EQ(seats.full_for(""), std::nullopt);
    const auto third = seats.give("");
    EXPECT_EQ(seats.full_for(""), Seats::Full::everywhere);
}

TEST(Seats, AllHaveABoundTogether) {
    Seats seats({.all = 3, .of_an_address = 2});
    std::vector<Seats::Seat> taken;
    for (const char* address : {"a", "b", "c"}) { taken.push_back(seats.give(address)); }
    EXPECT_EQ(seats.full_for("d"), Seats::Full::everywhere);
    taken.pop_back();
    EXPECT_EQ(seats.full_for("d"), std::nullopt);
}

TEST(Seats, ASeatMayOutliveThem) {
    Seats::Seat seat;
    {
        Seats seats({.all = 1, .of_an_address = 1});
        seat = seats.give("a");
    }
    seat.reset();
}

}  // namespace
}  // namespace nias::httpfront
