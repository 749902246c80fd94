// Takes back attempts that were lost from sight, when the worker that has them names them again.
#include <algorithm>

#include "base/check.hpp"
#include "core/dispatch/state.hpp"

namespace nias::core {

// A worker that was away may hold an attempt whose task went back to the queue, and that may even have been
// given to another machine since. The earlier attempt has done more, so it is taken back while no later one
// is known to have begun. Numbers that were given out are never given out again: `issued` keeps the highest
// one.
void Dispatch::State::reinstate(Work& work, Attempt earlier) {
    NIAS_CHECK(work.state == TaskState::queued,
               "an earlier attempt takes the place of none that a worker has");
    if (earlier == work.attempt) { return; }
    work.make_past().issued = work.issued();
    work.attempt = earlier;
    work.close_later();
    work.unsure = true;
}

void Dispatch::State::adopt(Work& work, WorkerLink& machine, std::uint32_t ran_s, When when, Effects& out) {
    const bool was_queued = work.state == TaskState::queued;
    const std::uint16_t faults = work.faults;
    leave(work);
    if (was_queued) {
        move(work, TaskEvent::adopted);
        uncount(work);
    }
    work.unsure = false;
    work.since_s = whole_seconds(when.now);
    work.forget_recorded_worker();
    machine.attach(work);
    pool.hold(work.spec().resources.counted);
    if (work.cancel_wanted) { machine.cancels.push_back(work.ref()); }
    note_run(work, ran_s, when);
    if (work.is_claimed()) { ask_back(work, out); }
    // A ledger that missed this would count the loss, or give out a number twice.
    const bool soft = work.faults == faults && work.issued() == work.attempt;
    note_state(work, when, out, soft);
    publish_state(work, machine.name, when, out);
}

void Dispatch::State::note_run(Work& work, std::uint32_t ran_s, When when) {
    if (ran_s == 0) { return; }
    work.close_earlier();
    if (work.state == TaskState::assigned) { move(work, TaskEvent::started); }
    const std::uint32_t now_is = whole_seconds(when.now);
    work.since_s = now_is - std::min(now_is, ran_s - 1);
}

/// The worker that has the current attempt gives it back, unless it has begun there.
void Dispatch::State::ask_back(const Work& work, Effects& out) {
    out.sends.push_back({work.machine->peer, wire::Retract{{work.ref()}}});
}

/// A worker names an attempt that dispatch does not have with it. False where the worker is to drop it.
bool Dispatch::State::takes_back(Work& work, Attempt named, WorkerLink& machine, std::uint32_t ran_s,
                                 When when, Effects& out) {
    const bool is_current = work.attempt == named;
    if (!is_current && !work.is_open(named)) { return false; }
    const bool is_free = work.machine == nullptr && (is_current || work.lane != nullptr);
    if (is_free && (work.lane == nullptr || work.unsure || !is_current)) {
        // Its counted resources may have been given to another task meanwhile.
        if (work.lane != nullptr && !pool.fits(work.spec().resources.counted)) { return false; }
        if (work.lane != nullptr) { reinstate(work, named); }
        adopt(work, machine, ran_s, when, out);
        return true;
    }
    if (is_current || work.state != TaskState::assigned || work.cancel_wanted) { return false; }
    // A later attempt has not begun, as far as is known. After a restart its worker may not be back yet.
    work.past->claim = {machine.name, machine.incarnation, named, ran_s};
    if (work.machine != nullptr) { ask_back(work, out); }
    return true;
}

/// A later attempt came back before it began. The worker that claims an earlier one gets the task.
void Dispatch::State::fulfil_claim(Work& work, When when, Effects& out) {
    if (work.past == nullptr || work.past->claim.worker.empty() || work.state != TaskState::queued) {
        return;
    }
    const Claim claim = std::exchange(work.past->claim, {});
    WorkerLink* const machine = machines.by_name(claim.worker);
    if (machine == nullptr || machine->incarnation != claim.incarnation || !work.is_open(claim.attempt) ||
        !pool.fits(work.spec().resources.counted)) {
        return;
    }
    reinstate(work, claim.attempt);
    adopt(work, *machine, claim.ran_s, when, out);
}

}  // namespace nias::core
