/// Types of monotonic time, without a way to read it: what the pure cores include.
#pragma once

#include <chrono>

namespace nias {

/// Monotonic time of one process; leases and deadlines are measured on it.
using Time = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

}  // namespace nias
