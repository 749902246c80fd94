/// How workers stand, change and are refused, and the orders about them: numbers that messages carry.
#pragma once

#include <cstdint>

namespace nias::wire {

/// Why a worker is refused, for its program: all but `other` stay as they are until a person acts.
enum class WorkerRefusal : std::uint8_t {
    other = 0,
    name_taken = 1,  ///< another machine is connected with this name, and lives
    revoked = 2,     ///< its key was taken off the list
    denied = 3,      ///< its key does not speak for this name or role
    version = 4,     ///< it speaks no version of the protocol that the ventilator speaks
};

/// The ways in which a worker's standing at the ventilator changes.
enum class WorkerChange : std::uint8_t {
    joined = 0,
    suspect = 1,   ///< silent for a while: it gets no tasks
    lost = 2,      ///< silent for longer than the lease of what had not begun
    back = 3,      ///< heard again, or given tasks again
    draining = 4,  ///< it stops, or an administrator drains it
    stopped = 5,   ///< it said goodbye
    paused = 6,
    revoked = 7,
    refused = 8,
};

/// How a worker stands. A paused one is given nothing until it is resumed. The last four are gone.
enum class WorkerState : std::uint8_t {
    ready = 0,
    suspect = 1,
    paused = 2,
    draining = 3,
    silent = 4,  ///< for longer than a lease, and some of its attempts are waited for
    lost = 5,
    stopped = 6,
    revoked = 7,
    refused = 8,
};

/// The orders that an administrator gives about a worker.
enum class OrderKind : std::uint8_t {
    resume = 0,  ///< give it tasks again
    pause = 1,   ///< give it nothing more; it keeps what it has
    drain = 2,   ///< give it nothing more, and take back what has not begun
};

}  // namespace nias::wire
