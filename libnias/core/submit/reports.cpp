// Reads the ventilator's events.
#include "core/submit/submit.hpp"

namespace nias::core {
namespace {

constexpr std::size_t kAhead = 4;  // a prefetch runs this many events ahead of its use

/// The status of an outcome that is made for an end without one.
OutcomeStatus status_of(TaskState state) {
    switch (state) {
        case TaskState::succeeded: return OutcomeStatus::succeeded;
        case TaskState::failed: return OutcomeStatus::failed;
        case TaskState::cancelled: return OutcomeStatus::cancelled;
        case TaskState::timed_out: return OutcomeStatus::timed_out;
        case TaskState::queued:
        case TaskState::assigned:
        case TaskState::running:
        case TaskState::lost: return OutcomeStatus::could_not_run;
    }
    return OutcomeStatus::could_not_run;
}

/// Gives an end its outcome, and the outcome its reason, where they are missing.
void complete(wire::Event& event) {
    if (event.kind != wire::EventKind::ended) { return; }
    if (!event.outcome) { event.outcome.emplace().status = status_of(event.state); }
    if (event.outcome->error.empty()) { event.outcome->error = event.text; }
}

}  // namespace

void Submit::on(wire::Events& events, SubmitEffects& out) {
    for (const wire::Standing& standing : events.standing) { on(standing, out); }
    events.events.change_shared(complete);
    for (const wire::Run<wire::Event>& run : events.events.runs()) { on(run, out); }
}

// Events that a worker has a task are passed over, since nobody here is told of them: that the task was
// accepted was told before, and an end comes by itself.
void Submit::on(const wire::Standing& standing, SubmitEffects& out) {
    if (standing.kind == wire::EventKind::state) { return; }
    const auto& ids = standing.ids;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (i + 2 * kAhead < ids.size()) { live_.expect(ids[i + 2 * kAhead]); }
        if (i + kAhead < ids.size()) { live_.expect_value(ids[i + kAhead]); }
        if (standing.kind == wire::EventKind::accepted) {
            stands(ids[i], standing.state, standing.attempt, out);
        } else {
            rejected(standing.event_of(ids[i]), out);
        }
    }
}

void Submit::on(const wire::Run<wire::Event>& run, SubmitEffects& out) {
    for (std::size_t i = 0; i < run.size(); ++i) {
        if (i + 2 * kAhead < run.size()) { live_.expect(run.ids[i + 2 * kAhead]); }
        if (i + kAhead < run.size()) { live_.expect_value(run.ids[i + kAhead]); }
        switch (run.shared.kind) {
            case wire::EventKind::ended: ended(run, i, out); break;
            case wire::EventKind::rejected: rejected(run.item(i), out); break;
            case wire::EventKind::accepted:
            case wire::EventKind::state: stands(run.ids[i], run.shared.state, run.shared.attempt, out); break;
        }
    }
}

void Submit::stands(const TaskId& id, TaskState state, Attempt attempt, SubmitEffects& out) {
    Live* const live = live_.find(id);
    if (live == nullptr) { return; }
    const auto news = live->last.hear(wire::EventKind::accepted, state, attempt);
    if (news != LastReport::News::accepted || live->batch == nullptr) { return; }
    note_answer();
    leave_batch(*live);
    asked_.push_back(*live);
    if (options_.tells_accepted) { out.told.push_back({.id = id, .kind = SubmitEffects::Kind::accepted}); }
}

void Submit::ended(const wire::Run<wire::Event>& run, std::size_t place, SubmitEffects& out) {
    const TaskId& id = run.ids[place];
    Live* const live = live_.find(id);
    if (live == nullptr) { return; }  // its end was told before
    if (live->batch != nullptr) { note_answer(); }
    if (live->batch != nullptr && options_.tells_accepted) {
        out.told.push_back({.id = id, .kind = SubmitEffects::Kind::accepted});
    }
    out.told.push_back({.id = id, .kind = SubmitEffects::Kind::ended, .run = &run, .place = place});
    erase(*live);
}

// A task is asked about only once it is accepted, and then it cannot be refused. So an answer about an
// unanswered task, or a refusal of an accepted one, is an older report.
void Submit::rejected(wire::Event event, SubmitEffects& out) {
    const TaskId id = event.id;
    Live* const live = live_.find(id);
    if (live == nullptr) { return; }
    const bool is_unknown = event.code == wire::EventCode::unknown;
    if (is_unknown == (live->batch != nullptr)) { return; }
    if (live->batch != nullptr) { note_answer(); }
    auto kind = is_unknown ? SubmitEffects::Kind::unknown : SubmitEffects::Kind::refused;
    if (live->last.hear(event) == LastReport::News::gone) {
        kind = SubmitEffects::Kind::gone;
        event.kind = wire::EventKind::ended;
        event.state = live->last.state();
        complete(event);
        event.outcome->id = id;
    }
    erase(*live);
    out.told.push_back({.id = id, .kind = kind, .event = &out.made.emplace_back(std::move(event))});
}

}  // namespace nias::core
