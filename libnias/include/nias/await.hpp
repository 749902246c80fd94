/// co_await for the outcome of a task. For programs written as coroutines; header only. The coroutine goes on
/// where the submitter's callbacks are called.
#pragma once

#include <nias/api.hpp>  // before <coroutine>, which an older standard refuses in words of its own

#include <chrono>
#include <coroutine>
#include <optional>
#include <utility>

#include <nias/submitter.hpp>
#include <nias/task.hpp>

namespace nias {
inline namespace v1 {

/// The operand of co_await, as outcome_of() makes it: awaited once, where it was made.
class OutcomeAwaiter {
public:
    /// Submits nothing yet. The submitter lives until the coroutine goes on.
    OutcomeAwaiter(Submitter& submitter, Task task, std::chrono::milliseconds accepted_within)
        : submitter_(&submitter), task_(std::move(task)), accepted_within_(accepted_within) {}
    /// The coroutine always waits.
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    /// Submits; false where that failed, and the coroutine goes on at once. It may go on, and end, on the
    /// submitter's thread before this returns: nothing of this object is touched after submit_then().
    bool await_suspend(std::coroutine_handle<> waits) {
        const auto id = submitter_->submit_then(
            std::move(task_),
            [this, waits](Result<Outcome> outcome) {
                outcome_.emplace(std::move(outcome));
                waits.resume();
            },
            accepted_within_);
        if (id) { return true; }
        outcome_.emplace(id.error());
        return false;
    }
    /// The task's one outcome, or why there is none.
    [[nodiscard]] Result<Outcome> await_resume() { return *std::exchange(outcome_, std::nullopt); }

private:
    Submitter* submitter_;
    Task task_;
    std::chrono::milliseconds accepted_within_;
    std::optional<Result<Outcome>> outcome_;
};

/// `const Result<Outcome> outcome = co_await outcome_of(submitter, task);` submits the task and waits for its
/// one outcome, of any status, without a thread. Errors as those of Submitter::submit_future(). The coroutine
/// goes on on the submitter's own thread, where it must not wait for that submitter, or in dispatch() where
/// the options are `dispatched`.
[[nodiscard]] inline OutcomeAwaiter outcome_of(
    Submitter& submitter, Task task, std::chrono::milliseconds accepted_within = std::chrono::seconds(30)) {
    return {submitter, std::move(task), accepted_within};
}

}  // namespace v1
}  // namespace nias
