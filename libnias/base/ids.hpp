/// Makes ids. Used by submitters and shells; cores are handed the ids.
#pragma once

#include <cstdint>

#include <nias/task.hpp>

namespace nias {

/// A fresh id: `unix_ms` in the first 48 bits, 80 bits from the system's random source. Any thread.
[[nodiscard]] TaskId make_task_id(std::int64_t unix_ms);

/// As TaskId::make_group(), of this time.
[[nodiscard]] TaskId make_group_id(std::int64_t unix_ms);

/// The first 48 bits of an id: when it was made, where make_task_id() or make_group_id() made it.
[[nodiscard]] std::int64_t made_unix_ms(const TaskId& id);

/// Makes ids that sort in the order in which they were made: within a millisecond, and while the clock is set
/// back, the random bits of the last one plus one (the monotonic ULID). One thread at a time.
class TaskIdMaker {
public:
    [[nodiscard]] TaskId make(std::int64_t unix_ms);

private:
    TaskId last_;
    std::int64_t made_ms_ = -1;
};

/// 64 random bits from the system's random source, never zero. For incarnations and epochs.
[[nodiscard]] std::uint64_t make_incarnation();

}  // namespace nias
