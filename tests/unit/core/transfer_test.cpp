// Windows of the bulk channel: order, credit, resume.
#include "core/transfer.hpp"

#include <gtest/gtest.h>

#include <random>

namespace nias::core {
namespace {

wire::Chunk chunk(std::uint64_t offset, std::size_t bytes, std::uint64_t size = 0) {
    return {{}, offset, size, Bytes(bytes, 1)};
}

TEST(ReceiveWindow, TakesChunksInOrderOnly) {
    ReceiveWindow window({}, 100, 60);
    EXPECT_FALSE(window.take(chunk(0, 10))) << "nothing was granted";
    EXPECT_EQ(window.restart(), (wire::Grant{{}, 0, 60}));
    EXPECT_TRUE(window.take(chunk(0, 10)));
    EXPECT_FALSE(window.take(chunk(0, 10))) << "a repeat";
    EXPECT_FALSE(window.take(chunk(20, 10))) << "a gap";
    EXPECT_FALSE(window.take(chunk(5, 10))) << "an overlap";
    EXPECT_FALSE(window.take(chunk(10, 0))) << "nothing in it";
    EXPECT_FALSE(window.take(chunk(10, 51))) << "past the credit";
    wire::Chunk other = chunk(10, 10);
    other.hash.bytes[0] = 1;
    EXPECT_FALSE(window.take(other)) << "of another blob";
    EXPECT_TRUE(window.take(chunk(10, 50)));
    EXPECT_EQ(window.received(), 60U);
    EXPECT_FALSE(window.whole());
}

TEST(ReceiveWindow, GrantsMoreOnceHalfTheWindowIsUsed) {
    ReceiveWindow window({}, 100, 60);
    EXPECT_EQ(window.restart().until_bytes, 60U);
    EXPECT_TRUE(window.take(chunk(0, 29)));
    EXPECT_EQ(window.due(), std::nullopt);
    EXPECT_TRUE(window.take(chunk(29, 1)));
    EXPECT_EQ(window.due(), (wire::Grant{{}, 60, 90}));
    EXPECT_EQ(window.due(), std::nullopt);
    EXPECT_TRUE(window.take(chunk(30, 60)));
    EXPECT_EQ(window.due()->until_bytes, 100U);
    EXPECT_TRUE(window.take(chunk(90, 10)));
    EXPECT_EQ(window.due(), std::nullopt);
    EXPECT_TRUE(window.whole());
}

TEST(ReceiveWindow, IsWholeAtOnceWhenThereIsNothing) {
    ReceiveWindow window({}, 0);
    EXPECT_EQ(window.restart(), (wire::Grant{{}, 0, 0}));
    EXPECT_TRUE(window.whole());
    EXPECT_EQ(window.due(), std::nullopt);
}

TEST(ReceiveWindow, ResumesAtWhatItHas) {
    ReceiveWindow window({}, 100, 60);
    EXPECT_EQ(window.restart().resume_at, 0U);
    EXPECT_TRUE(window.take(chunk(0, 40)));
    EXPECT_EQ(window.restart(), (wire::Grant{{}, 40, 100}));
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
        from.on(to.restart(), true);
        for (int step = 0; step < 10'000 && !to.whole(); ++step) {
            const auto piece = from.next();
            if (!piece) {
                from.on(to.restart(), true);  // after a silence
                continue;
            }
            from.sent(*piece);
            if (random() % 10 == 0) { continue; }
            const wire::Chunk sent = chunk(piece->offset, piece->length, size);
            if (to.take(sent) && random() % 5 == 0) { EXPECT_FALSE(to.take(sent)); }
            if (const auto grant = to.due(); grant && random() % 4 != 0) { from.on(*grant, false); }
        }
        EXPECT_TRUE(to.whole()) << "seed " << seed;
        EXPECT_EQ(to.received(), size);
    }
}

}  // namespace
}  // namespace nias::core
