/// The times that the end of a job tells: how long it waited, ran, and took to be settled. Pure; used by
/// metrics.
#pragma once

#include <chrono>
#include <optional>

#include <nias/watcher.hpp>

namespace nias::httpfront {

/// Times of a job that has ended. Each is left out where it is not known, and never negative: the clocks of
/// two machines may differ by more than a short job takes.
struct JobTimes {
    TaskState state{};
    std::optional<std::chrono::milliseconds> waited{};   ///< from its making to the begin of its last attempt
    std::optional<std::chrono::milliseconds> ran{};      ///< its last attempt, by its machine's clock
    std::optional<std::chrono::milliseconds> settled{};  ///< from the end of its program to the job's end
    bool operator==(const JobTimes&) const = default;
};

/// `event` tells of an end. A job that no machine began has its state alone.
[[nodiscard]] JobTimes times_of(const TaskEvent& event);

}  // namespace nias::httpfront
