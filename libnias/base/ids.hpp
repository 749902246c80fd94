/// Makes ids. Used by submitters and shells; cores are handed the ids.
#pragma once

#include <cstdint>

#include <nias/task.hpp>

namespace nias {

/// A fresh id: `unix_ms` in the first 48 bits, 80 bits from the system's random source. Any thread.
[[nodiscard]] TaskId make_task_id(std::int64_t unix_ms);

/// 64 random bits from the system's random source, never zero. For incarnations and epochs.
[[nodiscard]] std::uint64_t make_incarnation();

}  // namespace nias
