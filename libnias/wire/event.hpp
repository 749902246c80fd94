/// One state change of a task, as the ventilator tells it. A value; part of the messages and of what the
/// cores keep.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

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
    bool operator==(const Event&) const = default;
};

}  // namespace nias::wire
