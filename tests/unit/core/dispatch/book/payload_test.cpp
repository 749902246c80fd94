// A payload is given back as it was, short or long.
#include "core/dispatch/book/payload.hpp"

#include <gtest/gtest.h>

#include <nias/task.hpp>

namespace nias::core {
namespace {

TEST(Payload, IsWhatItWasFilledWithOfAnyLength) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, Payload::kShortMax - 1, Payload::kShortMax,
                                   Payload::kShortMax + 1, kInlineMax}) {
        Bytes bytes(size);
        for (std::size_t i = 0; i < size; ++i) { bytes[i] = static_cast<std::uint8_t>(i * 7); }
        Payload payload;
        EXPECT_TRUE(payload.bytes().empty());
        payload.fill(bytes);
        EXPECT_EQ(Bytes(payload.bytes().begin(), payload.bytes().end()), bytes);
    }
}

}  // namespace
}  // namespace nias::core
