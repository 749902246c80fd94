/// Makes the outcome of an attempt that never began, or whose worker was lost, because no program gave one.
/// Used by dispatch and execute.
#pragma once

#include <string>

#include <nias/task.hpp>

namespace nias::core {

[[nodiscard]] inline Outcome made_outcome(const AttemptRef& attempt, OutcomeStatus status, Cause cause,
                                          std::string error) {
    Outcome outcome;
    outcome.id = attempt.id;
    outcome.attempt = attempt.attempt;
    outcome.status = status;
    outcome.cause = cause;
    outcome.error = std::move(error);
    return outcome;
}

[[nodiscard]] inline Outcome cancelled_before_it_began(const AttemptRef& attempt) {
    return made_outcome(attempt, OutcomeStatus::cancelled, Cause::request, "cancelled before it began");
}

}  // namespace nias::core
