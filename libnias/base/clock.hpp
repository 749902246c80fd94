/// The only now() of the project. Shells read it and hand the time to the cores.
#pragma once

#include <chrono>
#include <cstdint>

namespace nias {

/// Monotonic time of one process; leases and deadlines are measured on it.
using Time = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

[[nodiscard]] Time now();
/// Wall clock in Unix milliseconds, for people; no decision depends on it.
[[nodiscard]] std::int64_t unix_ms_now();

}  // namespace nias
