#include "core/submit/last_report.hpp"

#include <utility>

namespace nias::core {

LastReport::News LastReport::hear(const wire::Event& event, const ReportPlace& place) {
    if (event.kind == wire::EventKind::rejected) { return hear_rejection(event.code); }
    return hear(event.kind, event.state, event.attempt, place);
}

LastReport::News LastReport::hear(wire::EventKind kind, TaskState state, Attempt attempt,
                                  const ReportPlace& place) {
    if (has_ended()) { return News::nothing; }
    const bool ends = kind == wire::EventKind::ended;
    if (accepted_ && !ends && place <= place_) { return News::nothing; }
    place_ = place;
    const bool is_first = !std::exchange(accepted_, true);
    const bool moves = std::exchange(state_, state) != state || attempt_ != attempt;
    attempt_ = attempt;
    return ends ? News::ended : is_first ? News::accepted : moves ? News::moved : News::nothing;
}

// An accepted task can be gone, and cannot be refused: such a report is older than the one that accepted it.
LastReport::News LastReport::hear_rejection(wire::EventCode code) {
    if (!accepted_) { return News::refused; }
    if (has_ended() || code != wire::EventCode::unknown) { return News::nothing; }
    state_ = TaskState::lost;
    return News::gone;
}

}  // namespace nias::core
