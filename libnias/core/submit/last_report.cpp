#include "core/submit/last_report.hpp"

#include <utility>

namespace nias::core {

LastReport::News LastReport::hear(const wire::Event& event) {
    if (event.kind == wire::EventKind::rejected) { return hear_rejection(wire::refusal_of(event.text)); }
    return hear(event.kind, event.state, event.attempt);
}

LastReport::News LastReport::hear(wire::EventKind kind, TaskState state, Attempt attempt) {
    if (has_ended()) { return News::nothing; }
    const bool ends = kind == wire::EventKind::ended;
    if (accepted_ && !ends && !is_later(state, attempt)) { return News::nothing; }
    const bool is_first = !std::exchange(accepted_, true);
    state_ = state;
    attempt_ = attempt;
    return ends ? News::ended : is_first ? News::accepted : News::moved;
}

// An accepted task can be gone, and cannot be refused: such a report is older than the one that accepted it.
LastReport::News LastReport::hear_rejection(wire::Refusal refusal) {
    if (!accepted_) { return News::refused; }
    if (has_ended() || refusal != wire::Refusal::unknown) { return News::nothing; }
    state_ = TaskState::lost;
    return News::gone;
}

bool LastReport::is_later(TaskState state, Attempt attempt) const {
    return attempt != attempt_ ? attempt > attempt_ : state > state_;
}

}  // namespace nias::core
