/// The short lane: which tasks are long, and how many of a worker's slots they may fill. Part of dispatch; a
/// value.
#pragma once

#include <cstdint>

#include <nias/task.hpp>

namespace nias::core {

struct ShortLane {
    static constexpr std::uint32_t kPercentMax = 90;  ///< so that each worker has a slot for long tasks

    std::uint32_t percent = 0;  ///< share of a worker's slots, to kPercentMax; 0: no lane
    std::uint64_t long_after_ms = 600'000;

    /// A job that names no time limit may run for ever. What names no runtime either is not a job but a
    /// program's own small task, whose handler knows its end.
    [[nodiscard]] bool is_long(const TaskSpec& spec) const {
        if (percent == 0) { return false; }
        return spec.time_limit_ms > 0 ? spec.time_limit_ms > long_after_ms : !spec.runtime.empty();
    }
    /// The number of slots that long tasks may fill: at least one, and all where there are fewer than
    /// 100 / percent.
    [[nodiscard]] std::uint32_t long_slots(std::uint32_t slots) const {
        return slots - static_cast<std::uint32_t>(std::uint64_t{slots} * percent / 100);
    }
};

}  // namespace nias::core
