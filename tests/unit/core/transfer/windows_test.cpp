// Windows of the bulk channel: order, credit, resume.
#include "core/transfer/windows.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <utility>

namespace nias::core {
namespace {

constexpr Time kNow = Time{} + std::chrono::hours(1);
constexpr WindowBounds kSixty{.first = 60, .most = 60};

wire::Chunk chunk(std::uint64_t offset, std::size_t bytes, std::uint64_t size = 0) {
    return {{}, offset, size, Bytes(bytes, 1)};
}

TEST(ReceiveWindow, TakesChunksInOrderOnly) {
    ReceiveWindow window({}, 100, kSixty);
    EXPECT_FALSE(window.accept(chunk(0, 10), kNow)) << "nothing was granted";
    EXPECT_EQ(window.restart(kNow), (wire::Grant{{}, 0, 60}));
    EXPECT_TRUE(window.accept(chunk(0, 10), kNow));
    EXPECT_FALSE(window.accept(chunk(0, 10), kNow)) << "a repeat";
    EXPECT_FALSE(window.accept(chunk(20, 10), kNow)) << "a gap";
    EXPECT_FALSE(window.accept(chunk(5, 10), kNow)) << "an overlap";
    EXPECT_FALSE(window.accept(chunk(10, 0), kNow)) << "nothing in it";
    EXPECT_FALSE(window.accept(chunk(10, 51), kNow)) << "past the credit";
    wire::Chunk other = chunk(10, 10);
    other.hash.bytes[0] = 1;
    EXPECT_FALSE(window.accept(other, kNow)) << "of another blob";
    EXPECT_TRUE(window.accept(chunk(10, 50), kNow));
    EXPECT_EQ(window.received(), 60U);
    EXPECT_FALSE(window.whole());
}

TEST(ReceiveWindow, GrantsMoreOnceHalfTheWindowIsUsed) {
    ReceiveWindow window({}, 100, kSixty);
    EXPECT_EQ(window.restart(kNow).until_bytes, 60U);
    EXPECT_TRUE(window.accept(chunk(0, 29), kNow));
    EXPECT_EQ(window.due(kNow), std::nullopt);
    EXPECT_TRUE(window.accept(chunk(29, 1), kNow));
    EXPECT_EQ(window.due(kNow), (wire::Grant{{}, 60, 90}));
    EXPECT_EQ(window.due(kNow), std::nullopt);
    EXPECT_TRUE(window.accept(chunk(30, 60), kNow));
    EXPECT_EQ(window.due(kNow)->until_bytes, 100U);
    EXPECT_TRUE(window.accept(chunk(90, 10), kNow));
    EXPECT_EQ(window.due(kNow), std::nullopt);
    EXPECT_TRUE(window.whole());
}

TEST(ReceiveWindow, IsWholeAtOnceWhenThereIsNothing) {
    ReceiveWindow window({}, 0);
    EXPECT_EQ(window.restart(kNow), (wire::Grant{{}, 0, 0}));
    EXPECT_TRUE(window.whole());
    EXPECT_EQ(window.due(kNow), std::nullopt);
}

TEST(ReceiveWindow, ResumesAtWhatItHas) {
    ReceiveWindow window({}, 100, kSixty);
    EXPECT_EQ(window.restart(kNow).resume_at, 0U);
    EXPECT_TRUE(window.accept(chunk(0, 40), kNow));
    EXPECT_EQ(window.restart(kNow), (wire::Grant{{}, 40, 100}));
}

TEST(ReceiveWindow, GoesOnWithWhatAnEarlierLifeHasKept) {
    ReceiveWindow window({}, 100, kSixty, 70);
    EXPECT_FALSE(window.accept(chunk(70, 10), kNow)) << "nothing was granted in this life";
    EXPECT_EQ(window.restart(kNow), (wire::Grant{{}, 70, 100}));
    EXPECT_TRUE(window.accept(chunk(70, 30), kNow));
    EXPECT_TRUE(window.whole());
}

TEST(ReceiveWindow, GrantsNoMoreThanItMayHaveUnderWayAndTakesNothingBack) {
    ReceiveWindow window({}, 1000, kSixty);
    EXPECT_EQ(window.restart(kNow, 20).until_bytes, 20U);
    EXPECT_EQ(window.restart(kNow, 10).until_bytes, 20U) << "credit that was given stays";
    EXPECT_TRUE(window.accept(chunk(0, 10), kNow));
    EXPECT_EQ(window.due(kNow, 20), (wire::Grant{{}, 20, 30}));
    EXPECT_EQ(window.under_way(), 20U);
    EXPECT_EQ(window.due(kNow, 8), std::nullopt);
    EXPECT_EQ(window.restart(kNow).until_bytes, 70U);
}

/// A sender behind a link: so many bytes a millisecond, and half a round trip each way.
struct Link {
    std::uint64_t bytes_a_ms = 0;
    std::int64_t half_ms = 0;
};

/// Carries `size` bytes in pieces of 100; the window at the end, and how long it took.
std::pair<std::uint64_t, std::int64_t> carry(const Link& link, WindowBounds bounds, std::uint64_t size) {
    ReceiveWindow to({}, size, bounds);
    SendWindow from(size, 100);
    std::multimap<std::int64_t, wire::Grant> grants;
    std::multimap<std::int64_t, wire::Chunk> chunks;
    grants.emplace(link.half_ms, to.restart(kNow));
    bool first = true;
    for (std::int64_t ms = 0; ms < 1'000'000; ++ms) {
        const Time now = kNow + std::chrono::milliseconds(ms);
        while (!grants.empty() && grants.begin()->first <= ms) {
            from.on(grants.begin()->second, std::exchange(first, false));
            grants.erase(grants.begin());
        }
        for (std::uint64_t left = link.bytes_a_ms; left >= 100; left -= 100) {
            const auto piece = from.next();
            if (!piece) { break; }
            from.sent(*piece);
            chunks.emplace(ms + link.half_ms, chunk(piece->offset, piece->length, size));
        }
        while (!chunks.empty() && chunks.begin()->first <= ms) {
            EXPECT_TRUE(to.accept(chunks.begin()->second, now));
            EXPECT_LE(to.under_way(), bounds.most);
            chunks.erase(chunks.begin());
            if (const auto grant = to.due(now)) { grants.emplace(ms + link.half_ms, *grant); }
        }
        if (to.whole()) { return {to.window(), ms}; }
    }
    ADD_FAILURE() << "it never arrived";
    return {};
}

TEST(ReceiveWindow, GrowsUntilTheSenderOfALongLinkNeverWaits) {
    // 100 bytes a ms over a round trip of 100 ms: 10,000 bytes are under way.
    const auto [window, took] = carry({100, 50}, {.first = 2'000, .most = 100'000}, 1'000'000);
    EXPECT_GE(window, 20'000U) << "two round trips";
    EXPECT_LE(window, 50'000U) << "and not whatever the cap allows";
    EXPECT_LE(took, 11'500) << "10,000 ms at the link's rate, and a second to learn it";
}

TEST(ReceiveWindow, StaysSmallWhereTheLinkIsSlowAndBelowItsCapWhereItIsLong) {
    EXPECT_EQ(carry({100, 1}, {.first = 2'000, .most = 100'000}, 200'000).first, 2'000U)
        << "200 bytes are under way: nothing to gain";
    EXPECT_EQ(carry({1'000, 500}, {.first = 2'000, .most = 30'000}, 300'000).first, 30'000U);
}

TEST(SendWindow, NeverSendsPastTheCreditOrTheEnd) {
    SendWindow window(3 * wire::kChunkBytes + 5);
    EXPECT_FALSE(window.next());
    window.on({{}, 0, wire::kChunkBytes + 7}, true);
    ASSERT_TRUE(window.next());
    EXPECT_EQ(window.next()->length, wire::kChunkBytes);
    window.sent(*window.next());
    EXPECT_EQ(window.next()->offset, wire::kChunkBytes);
    EXPECT_EQ(window.next()->length, 7U);
    window.sent(*window.next());
    EXPECT_FALSE(window.next());
    window.on({{}, wire::kChunkBytes + 7, ~0ULL}, false);
    std::uint64_t sent = wire::kChunkBytes + 7;
    while (const auto piece = window.next()) {
        EXPECT_EQ(piece->offset, sent);
        sent += piece->length;
        window.sent(*piece);
    }
    EXPECT_EQ(sent, 3 * wire::kChunkBytes + 5);
}

TEST(SendWindow, GoesBackToWhereTheReceiverIs) {
    SendWindow window(100);
    window.on({{}, 0, 100}, true);
    window.sent(*window.next());
    EXPECT_FALSE(window.next());
    window.on({{}, 40, 100}, false);
    EXPECT_EQ(window.next()->offset, 40U);
    window.on({{}, 500, 600}, true);  // past the end: nothing to send
    EXPECT_FALSE(window.next());
}

TEST(Transfer, ArrivesWholeWhateverIsLostOrDoubled) {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        std::mt19937 random(seed);
        const std::uint64_t size = random() % (30 * wire::kChunkBytes);
        ReceiveWindow to({}, size);
        SendWindow from(size);
        from.on(to.restart(kNow), true);
        for (int step = 0; step < 10'000 && !to.whole(); ++step) {
            const auto piece = from.next();
            if (!piece) {
                from.on(to.restart(kNow), true);  // after a silence
                continue;
            }
            from.sent(*piece);
            if (random() % 10 == 0) { continue; }
            const wire::Chunk sent = chunk(piece->offset, piece->length, size);
            if (to.accept(sent, kNow) && random() % 5 == 0) { EXPECT_FALSE(to.accept(sent, kNow)); }
            if (const auto grant = to.due(kNow); grant && random() % 4 != 0) { from.on(*grant, false); }
        }
        EXPECT_TRUE(to.whole()) << "seed " << seed;
        EXPECT_EQ(to.received(), size);
    }
}

}  // namespace
}  // namespace nias::core
