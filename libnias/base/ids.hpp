/// Makes ids. Used by submitters and shells; cores are handed the ids.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <nias/task.hpp>

namespace nias {

/// A fresh id: `unix_ms` in the first 48 bits, 80 bits from the system's random source. Any thread.
[[nodiscard]] TaskId make_task_id(std::int64_t unix_ms);

/// Makes many ids with few calls to the system: random bytes are drawn 4 KiB at a time. One thread at a time.
class TaskIdMaker {
public:
    [[nodiscard]] TaskId make(std::int64_t unix_ms);

private:
    std::array<std::uint8_t, 4096> random_{};
    std::size_t left_ = 0;
};

/// 64 random bits from the system's random source, never zero. For incarnations and epochs.
[[nodiscard]] std::uint64_t make_incarnation();

}  // namespace nias
