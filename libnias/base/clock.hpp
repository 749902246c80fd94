/// The only now() of the project. Shells read it and hand the time to the cores.
#pragma once

#include <cstdint>

#include "base/clock_types.hpp"

namespace nias {

[[nodiscard]] Time now();
/// Wall clock in Unix milliseconds, for people; no decision depends on it.
[[nodiscard]] std::int64_t unix_ms_now();
/// The same as of the system's last tick, some milliseconds ago, for a tenth of the cost: for what is done
/// for each task.
[[nodiscard]] std::int64_t unix_ms_about();

}  // namespace nias
