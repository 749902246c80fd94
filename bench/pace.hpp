/// Time that a benchmark lets go by on purpose: the gap before a task that is not due yet, and the span over
/// which something is watched. Not for waiting until something has happened. Used by nias-bench,
/// bench/scale and the workers of bench/scheduling.
#pragma once

#include <chrono>

namespace nias::bench {

void let_pass_until(std::chrono::steady_clock::time_point when);

}  // namespace nias::bench
