/// How soon the first message of a conversation is said again where it was not answered. Used by the cores of
/// submitter and worker, whose later repeats come after their options' time.
#pragma once

#include <chrono>

#include "base/clock_types.hpp"

namespace nias::core {

/// Many times a round trip on one host. Each further repeat waits twice as long.
inline constexpr Duration kFirstRepeat = std::chrono::milliseconds(10);

}  // namespace nias::core
