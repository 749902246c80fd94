/// One state change of a task, as the ventilator tells it. A value; part of the messages and of what the
/// cores keep.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nias/task.hpp>

namespace nias::wire {

/// The kinds of news about a task.
enum class EventKind : std::uint8_t { accepted = 0, rejected = 1, state = 2, ended = 3 };

/// One state change of a task.
struct Event {
    TaskId id;
    EventKind kind = EventKind::state;
    TaskState state = TaskState::queued;
    Attempt attempt = 0;
    std::int64_t unix_ms = 0;
    std::string text;                ///< reason, or the worker's name
    std::optional<Outcome> outcome;  ///< with `ended`
    TaskId group{};                  ///< group of the task; all zero: none or not known
    bool operator==(const Event&) const = default;
};

/// Why a task is rejected. The text of a `rejected` event says it in its first words, for which this is the
/// home.
enum class Refusal : std::uint8_t {
    invalid,     ///< any other text: the task cannot be taken as it is
    queue_full,  ///< later
    unknown,     ///< the answer to a Sync: no such task is known
    conflict,    ///< another task has this id
};
inline constexpr std::string_view kQueueFullWords = "queue_full";
inline constexpr std::string_view kUnknownTaskWords = "unknown task";
inline constexpr std::string_view kConflictWords = "conflict";

[[nodiscard]] inline Refusal refusal_of(std::string_view text) {
    if (text.starts_with(kQueueFullWords)) { return Refusal::queue_full; }
    if (text.starts_with(kUnknownTaskWords)) { return Refusal::unknown; }
    if (text.starts_with(kConflictWords)) { return Refusal::conflict; }
    return Refusal::invalid;
}

}  // namespace nias::wire
