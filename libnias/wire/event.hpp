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

/// The reason of an event, for programs. Its text says the same to people, in words that may change.
enum class EventCode : std::uint8_t {
    none = 0,        ///< the event is no `rejected` one
    invalid = 1,     ///< the task cannot be accepted as it is
    queue_full = 2,  ///< the queue has no room for it at present
    unknown = 3,     ///< the answer to a Sync: no such task is known
    conflict = 4,    ///< another task has this id
};

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
    EventCode code = EventCode::none;
    bool operator==(const Event&) const = default;
};

}  // namespace nias::wire
