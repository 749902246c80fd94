/// Tasks and outcomes in one line each, for the tests of the cores.
#pragma once

#include <string>

#include "wire/limits.hpp"
#include "wire/messages.hpp"

namespace nias::core {

inline TaskId id_of(unsigned n) {
    TaskId id;
    id.bytes.fill(0x5e);
    id.bytes[14] = static_cast<std::uint8_t>(n >> 8U);
    id.bytes[15] = static_cast<std::uint8_t>(n);
    return id;
}

inline AttemptRef ref_of(unsigned n, Attempt attempt = 1) { return {id_of(n), attempt}; }

inline Task task_of(unsigned n, std::string owner = "ana", Attempt attempt = 1) {
    Task task;
    task.id = id_of(n);
    task.attempt = attempt;
    task.owner = std::move(owner);
    task.payload = {static_cast<std::uint8_t>(n)};
    return task;
}

inline Task claiming(unsigned n, Resources resources, std::string runtime = {}) {
    Task task = task_of(n);
    task.spec.resources = resources;
    task.spec.runtime = std::move(runtime);
    return task;
}

inline Task with_priority(unsigned n, std::int32_t priority) {
    Task task = task_of(n);
    task.spec.priority = priority;
    return task;
}

inline Task with_attempts(unsigned n, std::uint32_t max_attempts) {
    Task task = task_of(n);
    task.spec.max_attempts = max_attempts;
    return task;
}

inline Outcome outcome_of(unsigned n, Attempt attempt = 1, OutcomeStatus status = OutcomeStatus::succeeded) {
    Outcome outcome;
    outcome.id = id_of(n);
    outcome.attempt = attempt;
    outcome.status = status;
    outcome.output = {static_cast<std::uint8_t>(n), 42};
    outcome.usage.wall_ms = 7;
    return outcome;
}

}  // namespace nias::core
