/// HOME OF THE STATE MACHINE of a task: every transition there is, with its reason.
/// Dispatch makes each change of state through next(); a pair that is not in the table is refused.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include <nias/task.hpp>

namespace nias::core {

enum class TaskEvent : std::uint8_t {
    sent,       ///< given to a worker
    adopted,    ///< a worker names an attempt that dispatch did not have with it
    started,    ///< its program runs
    succeeded,  ///< outcome of the current attempt, as are the next three
    failed,
    cancelled,  ///< or asked for while nobody held it
    timed_out,
    retried,           ///< its program failed, and the task asks for another attempt then
    could_not_run,     ///< infrastructure fault, attempts remain
    declined,          ///< an orderly return by its worker
    retracted,         ///< taken back before it began: another machine can start it at once
    not_held,          ///< its worker is alive and does not have it
    worker_lost,       ///< lease over, attempts remain
    attempts_used_up,  ///< the last fault that max_attempts allows
};
inline constexpr std::array kTaskEvents{
    TaskEvent::sent,          TaskEvent::adopted,         TaskEvent::started,   TaskEvent::succeeded,
    TaskEvent::failed,        TaskEvent::cancelled,       TaskEvent::timed_out, TaskEvent::retried,
    TaskEvent::could_not_run, TaskEvent::declined,        TaskEvent::retracted, TaskEvent::not_held,
    TaskEvent::worker_lost,   TaskEvent::attempts_used_up};

struct Edge {
    TaskState from;
    TaskEvent event;
    TaskState to;
    std::string_view why;
};

// One line a transition:
// clang-format off
inline constexpr std::array kEdges{
    Edge{TaskState::queued, TaskEvent::sent, TaskState::assigned, "credit and a worker that fits"},
    Edge{TaskState::queued, TaskEvent::adopted, TaskState::assigned, "held since before the ventilator's restart"},
    Edge{TaskState::queued, TaskEvent::cancelled, TaskState::cancelled, "cancelled before a worker had it"},
    Edge{TaskState::assigned, TaskEvent::started, TaskState::running, "its program runs"},
    Edge{TaskState::assigned, TaskEvent::succeeded, TaskState::succeeded, "outcome of the current attempt"},
    Edge{TaskState::assigned, TaskEvent::failed, TaskState::failed, "the program's own answer"},
    Edge{TaskState::assigned, TaskEvent::cancelled, TaskState::cancelled, "cancelled at the worker, or with it"},
    Edge{TaskState::assigned, TaskEvent::timed_out, TaskState::timed_out, "its own time limit"},
    Edge{TaskState::assigned, TaskEvent::retried, TaskState::queued, "its program failed, and max_failures allows more"},
    Edge{TaskState::assigned, TaskEvent::could_not_run, TaskState::queued, "infrastructure fault, attempts remain"},
    Edge{TaskState::assigned, TaskEvent::declined, TaskState::queued, "an orderly return uses up no attempt"},
    Edge{TaskState::assigned, TaskEvent::retracted, TaskState::queued, "it had not begun, and another machine is free"},
    Edge{TaskState::assigned, TaskEvent::not_held, TaskState::queued, "the frame was lost: attempt + 1 fences it"},
    Edge{TaskState::assigned, TaskEvent::worker_lost, TaskState::queued, "lease over: attempt + 1 fences the old one"},
    Edge{TaskState::assigned, TaskEvent::attempts_used_up, TaskState::lost, "the last fault that max_attempts allows"},
    Edge{TaskState::running, TaskEvent::succeeded, TaskState::succeeded, "outcome of the current attempt"},
    Edge{TaskState::running, TaskEvent::failed, TaskState::failed, "the program's own answer"},
    Edge{TaskState::running, TaskEvent::cancelled, TaskState::cancelled, "cancelled at the worker, or with it"},
    Edge{TaskState::running, TaskEvent::timed_out, TaskState::timed_out, "its own time limit"},
    Edge{TaskState::running, TaskEvent::retried, TaskState::queued, "its program failed, and max_failures allows more"},
    Edge{TaskState::running, TaskEvent::could_not_run, TaskState::queued, "infrastructure fault, attempts remain"},
    Edge{TaskState::running, TaskEvent::declined, TaskState::queued, "an orderly return uses up no attempt"},
    Edge{TaskState::running, TaskEvent::not_held, TaskState::queued, "its worker does not have it: attempt + 1"},
    Edge{TaskState::running, TaskEvent::worker_lost, TaskState::queued, "lease over: attempt + 1 fences the old one"},
    Edge{TaskState::running, TaskEvent::attempts_used_up, TaskState::lost, "the last fault that max_attempts allows"},
};
// clang-format on

/// The same edges by state and event, so that a look does not walk the list.
inline constexpr auto kNext = [] {
    std::array<std::array<std::optional<TaskState>, kTaskEvents.size()>, kTaskStates.size()> out{};
    for (const Edge& edge : kEdges) {
        out[static_cast<std::size_t>(edge.from)][static_cast<std::size_t>(edge.event)] = edge.to;
    }
    return out;
}();

/// The state after an event; nothing where the event means nothing in this state.
[[nodiscard]] constexpr std::optional<TaskState> next(TaskState from, TaskEvent event) noexcept {
    return kNext[static_cast<std::size_t>(from)][static_cast<std::size_t>(event)];
}

/// The event of an outcome. A fault that is the last one allowed is `attempts_used_up` instead.
[[nodiscard]] constexpr TaskEvent event_of(OutcomeStatus status) noexcept {
    switch (status) {
        case OutcomeStatus::succeeded: return TaskEvent::succeeded;
        case OutcomeStatus::failed: return TaskEvent::failed;
        case OutcomeStatus::cancelled: return TaskEvent::cancelled;
        case OutcomeStatus::timed_out: return TaskEvent::timed_out;
        case OutcomeStatus::could_not_run: return TaskEvent::could_not_run;
    }
    return TaskEvent::could_not_run;
}

[[nodiscard]] constexpr bool one_edge_a_pair() noexcept {
    for (std::size_t i = 0; i < kEdges.size(); ++i) {
        for (std::size_t j = i + 1; j < kEdges.size(); ++j) {
            if (kEdges[i].from == kEdges[j].from && kEdges[i].event == kEdges[j].event) { return false; }
        }
    }
    return true;
}

[[nodiscard]] constexpr bool every_state_reachable() noexcept {
    std::array<bool, kTaskStates.size()> reached{};
    reached[static_cast<std::size_t>(TaskState::queued)] = true;
    for (std::size_t round = 0; round < kTaskStates.size(); ++round) {
        for (const Edge& edge : kEdges) {
            if (reached[static_cast<std::size_t>(edge.from)]) {
                reached[static_cast<std::size_t>(edge.to)] = true;
            }
        }
    }
    for (const bool one : reached) {
        if (!one) { return false; }
    }
    return true;
}

[[nodiscard]] constexpr bool ends_have_no_exit() noexcept {
    for (const Edge& edge : kEdges) {
        if (has_ended(edge.from)) { return false; }
    }
    return true;
}

static_assert(one_edge_a_pair());
static_assert(every_state_reachable());
static_assert(ends_have_no_exit());

}  // namespace nias::core
