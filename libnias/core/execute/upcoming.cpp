// Queued tasks that this worker may be given next.
#include "core/execute/state.hpp"

namespace nias::core {

// The tasks are not this worker's: they count nowhere, and a list that is lost or late does no harm.
void Execute::on(const wire::Upcoming& upcoming, Time now, ExecuteEffects& out) {
    State& s = *state_;
    const bool deaf = s.awaiting || s.leaving || !s.refusal.empty();
    if (upcoming.incarnation != s.options.incarnation || deaf) { return; }
    s.heard = now;
    if (s.options.prepares == 0) { return; }
    s.expect_nothing(out);
    if (!s.why_declined().empty()) { return; }
    for (const Task& task : upcoming.tasks) {
        if (out.upcoming->size() >= s.options.prepares) { break; }
        if (!s.held.contains({task.id, task.attempt})) { out.upcoming->push_back(task); }
    }
}

std::vector<TaskId> Execute::running() const {
    std::vector<TaskId> out;
    state_->held.for_each([&](const AttemptRef& ref, const Held& item) {
        if (item.phase == Phase::running) { out.push_back(ref.id); }
    });
    return out;
}

}  // namespace nias::core
