/// Questions that the tests of the codec ask of a frame.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "wire/codec/codec.hpp"

namespace nias::test {

inline std::string refusal_of(const Bytes& frame) {
    const auto decoded = wire::decode(frame);
    if (decoded) { return "taken as " + std::string(wire::name_of(*decoded)); }
    EXPECT_EQ(decoded.error().code, ErrorCode::invalid);
    EXPECT_FALSE(decoded.error().message.empty());
    return decoded.error().message;
}

/// [version, type, body] with a body given in msgpack.
inline Bytes frame_of(std::uint8_t version, std::uint8_t type, const Bytes& body) {
    Bytes frame{0x93, version, type};
    frame.insert(frame.end(), body.begin(), body.end());
    return frame;
}

inline void expect_round_trip(const wire::Message& message) {
    const auto decoded = wire::decode(wire::encode(message));
    ASSERT_TRUE(decoded) << wire::name_of(message) << ": " << decoded.error().message;
    EXPECT_EQ(*decoded, message) << wire::name_of(message);
}

}  // namespace nias::test
