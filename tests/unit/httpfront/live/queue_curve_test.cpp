#include "live/queue_curve.hpp"

#include <gtest/gtest.h>

namespace nias::httpfront {
namespace {

constexpr std::int64_t kBegin = 1'700'000'400;  // where a step of every ring begins

TEST(QueueCurve, KeepsTheMostOfEachStepAndTheNewestCountOfEnds) {
    QueueCurve curve;
    curve.add({kBegin + 1, 3, 1, 10});
    curve.add({kBegin + 4, 40, 2, 11});
    curve.add({kBegin + 9, 0, 0, 53});
    EXPECT_EQ(curve.of(Span::hour), (std::deque<QueueSample>{{kBegin, 40, 2, 53}}));
    curve.add({kBegin + 10, 1, 1, 54});
    EXPECT_EQ(curve.of(Span::hour).back(), (QueueSample{kBegin + 10, 1, 1, 54}));
    EXPECT_EQ(curve.of(Span::day), (std::deque<QueueSample>{{kBegin, 40, 2, 54}}));
    EXPECT_EQ(curve.of(Span::week), (std::deque<QueueSample>{{kBegin, 40, 2, 54}}));
}

TEST(QueueCurve, TakesNoMoreRoomAfterAMonthThanAfterAWeek) {
    QueueCurve curve;
    for (std::int64_t at = 0; at < 30LL * 24 * 3600; at += 60) { curve.add({kBegin + at, 1, 1, 0}); }
    for (std::size_t ring = 0; ring < QueueCurve::kRings.size(); ++ring) {
        EXPECT_LE(curve.of(static_cast<Span>(ring)).size(), QueueCurve::kRings.at(ring).samples);
    }
    EXPECT_EQ(curve.of(Span::day).size(), 1440U);
    EXPECT_EQ(curve.of(Span::week).size(), 1008U);
    EXPECT_EQ(curve.of(Span::week).back().at_s - curve.of(Span::week).front().at_s, 7 * 24 * 3600 - 600);
    EXPECT_LT(curve.text().size(), std::size_t{1} << 18U);
}

TEST(QueueCurve, LeavesStepsOutInWhichNobodyLookedAndForgetsThemInTime) {
    QueueCurve curve;
    curve.add({kBegin, 5, 0, 0});
    curve.add({kBegin + 1800, 7, 0, 0});
    EXPECT_EQ(curve.of(Span::hour).size(), 2U);
    curve.add({kBegin + 3700, 9, 0, 0});
    EXPECT_EQ(curve.of(Span::hour),
              (std::deque<QueueSample>{{kBegin + 1800, 7, 0, 0}, {kBegin + 3700, 9, 0, 0}}));
}

TEST(QueueCurve, StaysInOrderWhenTheClockIsSetBack) {
    QueueCurve curve;
    for (std::int64_t at = 0; at < 100; at += 10) { curve.add({kBegin + at, 1, 0, 0}); }
    curve.add({kBegin + 30, 8, 0, 0});
    ASSERT_EQ(curve.of(Span::hour).size(), 4U);
    EXPECT_EQ(curve.of(Span::hour).back(), (QueueSample{kBegin + 30, 8, 0, 0}));
}

TEST(QueueCurve, ComesBackFromItsFile) {
    QueueCurve curve;
    for (std::int64_t at = 0; at < 7200; at += 10) {
        curve.add({kBegin + at, static_cast<std::uint64_t>(at % 7), 2, 3});
    }
    const QueueCurve back = QueueCurve::read(curve.text(), kBegin + 7200);
    for (const Span span : {Span::hour, Span::day, Span::week}) { EXPECT_EQ(back.of(span), curve.of(span)); }
}

TEST(QueueCurve, TakesOfADamagedFileWhatItUnderstands) {
    const std::string good = "0 " + std::to_string(kBegin) + " 1 2 3\n";
    for (const char* bad :
         {"", "\n\n", "0 1 2\n", "9 1700000400 1 1 1\n", "0 1700000400 1 1 1 1\n", "0 -5 1 1 1\n",
          "0 99999999999999999999 1 1 1\n", "x\n", "\xFF\xFE\n", "0 1700009000 1 1 1\n"}) {
        const QueueCurve curve = QueueCurve::read(good + bad, kBegin + 60);
        EXPECT_EQ(curve.of(Span::hour), (std::deque<QueueSample>{{kBegin, 1, 2, 3}})) << bad;
    }
    EXPECT_EQ(QueueCurve::read(good.substr(0, good.size() - 1), kBegin).of(Span::hour).size(), 1U);
}

TEST(QueueCurve, KnowsThePaceOfALineThatItSawMove) {
    QueueCurve curve;
    EXPECT_FALSE(curve.pace(kBegin));
    for (std::int64_t at = 0; at <= 120; at += 10) {
        curve.add({kBegin + at, 50, 2, static_cast<std::uint64_t>(at / 10)});
    }
    ASSERT_TRUE(curve.pace(kBegin + 120));
    EXPECT_DOUBLE_EQ(*curve.pace(kBegin + 120), 0.1);
    EXPECT_FALSE(curve.pace(kBegin + 7200)) << "that was long ago";
}

TEST(QueueCurve, KnowsNoPaceWhereTooLittleWasSeen) {
    QueueCurve idle;     // nobody waited: the machines were not at their most
    QueueCurve stuck;    // nothing ended
    QueueCurve gap;      // nobody looked in between
    QueueCurve deleted;  // the count of ends fell, since jobs were deleted
    for (std::int64_t at = 0; at <= 120; at += 10) {
        const auto ended = static_cast<std::uint64_t>(at);
        idle.add({kBegin + at, 0, 2, ended});
        stuck.add({kBegin + at, 9, 2, 4});
        gap.add({kBegin + at * 10, 9, 2, ended});
        deleted.add({kBegin + at, 9, 2, 1000 - ended});
    }
    for (const QueueCurve* curve : {&idle, &stuck, &gap, &deleted}) {
        EXPECT_FALSE(curve->pace(kBegin + 120));
    }
}

}  // namespace
}  // namespace nias::httpfront
