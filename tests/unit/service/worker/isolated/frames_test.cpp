// Frames go whole or not at all, and what comes out of a spoilt memory is refused.
#include "service/worker/isolated/frames.hpp"

#include <gtest/gtest.h>

#include "wire/limits.hpp"

namespace nias::service {
namespace {

using Got = Port::Got;
using Wait = Port::Wait;

struct Ports {
    Port first, second;
};
Ports ports() {
    auto ends = Port::pair();
    EXPECT_TRUE(ends);
    return {Port(std::move(ends->first)), Port(std::move(ends->second))};
}

TEST(Port, KeepsFramesApartAndInOrder) {
    auto [first, second] = ports();
    Frame frame;
    EXPECT_EQ(second.receive(frame, Wait::never), Got::nothing);
    const double half = 0.5;
    EXPECT_TRUE(first.send(FrameKind::progress, bytes_of(half), bytes_of_text("half")));
    EXPECT_TRUE(first.send(FrameKind::started));
    ASSERT_EQ(second.receive(frame, Wait::until_done), Got::frame);
    EXPECT_EQ(frame.kind, FrameKind::progress);
    EXPECT_EQ(frame.cut<double>(), 0.5);
    EXPECT_EQ(frame.text(), "half");
    ASSERT_EQ(second.receive(frame, Wait::never), Got::frame);
    EXPECT_EQ(frame.kind, FrameKind::started);
    EXPECT_TRUE(frame.body.empty());
    EXPECT_FALSE(frame.cut<std::uint8_t>());
}

TEST(Port, SendsTheLargestFrameAndRefusesALargerOne) {
    auto [first, second] = ports();
    EXPECT_TRUE(first.send(FrameKind::log, Bytes(kFrameMax - 1, 'x'), {}, Wait::never));
    EXPECT_FALSE(first.send(FrameKind::log, Bytes(kFrameMax - 1, 'x'), Bytes(1, 'y'), Wait::never));
    Frame frame;
    ASSERT_EQ(second.receive(frame, Wait::never), Got::frame);
    EXPECT_EQ(frame.body.size(), kFrameMax - 1);
}

TEST(Port, SaysWhenItIsFull) {
    auto [first, second] = ports();
    const Bytes much(kFrameMax / 2, 'x');
    int sent = 0;
    while (sent < 1000 && first.send(FrameKind::log, much, {}, Wait::never)) { ++sent; }
    EXPECT_GT(sent, 0);
    EXPECT_LT(sent, 1000);
}

TEST(Port, GivesWhatWasSentBeforeTheOtherEndClosedWithFramesUnread) {
    auto ends = Port::pair();
    ASSERT_TRUE(ends);
    Port first(std::move(ends->first));
    {
        const Port second(std::move(ends->second));
        EXPECT_TRUE(second.send(FrameKind::outcome));
        EXPECT_TRUE(first.send(FrameKind::cancel));
    }
    Frame frame;
    ASSERT_EQ(first.receive(frame, Wait::never), Got::frame);
    EXPECT_EQ(frame.kind, FrameKind::outcome);
    EXPECT_EQ(first.receive(frame, Wait::never), Got::closed);
    EXPECT_FALSE(first.send(FrameKind::cancel));
}

TEST(StatusOfAFrame, ComesBackAsItWasAndIsNeverLongerThanAReason) {
    const Error error{ErrorCode::unavailable, "the disk is full"};
    EXPECT_TRUE(*decode_status(encode(Status())));
    EXPECT_EQ(decode_status(encode(Status(error)))->error(), error);
    const Status talkative(Error{ErrorCode::internal, std::string(100'000, 'x')});
    EXPECT_EQ(decode_status(encode(talkative))->error().message.size(), wire::kReasonBytesMax);
}

TEST(StatusOfAFrame, IsRefusedWhereItsCodeIsNone) {
    EXPECT_FALSE(decode_status({}));
    EXPECT_FALSE(decode_status(Bytes{8, 'x'}));
    EXPECT_FALSE(decode_status(Bytes{255}));
}

}  // namespace
}  // namespace nias::service
