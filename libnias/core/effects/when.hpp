/// The time of a step, as a shell tells it to a core.
#pragma once

#include <cstdint>

#include "base/clock_types.hpp"

namespace nias::core {

/// One moment on both clocks. `unix_ms` is for people only (A10).
struct When {
    Time now;
    std::int64_t unix_ms = 0;
};

}  // namespace nias::core
