// How long the silence of a machine is borne: by each attempt as long as its loss would cost.
#include <algorithm>

#include "core/dispatch/state.hpp"

namespace nias::core {

// An attempt that has not begun costs nothing to give to another. One that runs would begin again: it is
// waited for as long as it has run, or as its task asks.
Duration Dispatch::State::lease_of(const Work& work, Time heard) const {
    if (work.state != TaskState::running) { return options.lease; }
    if (work.spec().lease_s > 0) {
        return std::max<Duration>(options.lease, std::chrono::seconds(work.spec().lease_s));
    }
    const std::uint32_t heard_s = whole_seconds(heard);
    const Duration ran = std::chrono::seconds(heard_s - std::min(heard_s, work.since_s));
    const Duration most = std::max(options.lease, options.lease_max);
    return std::clamp<Duration>(ran, std::min(2 * options.lease, most), most);
}

// While this process stands still, in a long commit or stopped by a signal, it reads nothing. That time is no
// worker's silence, because what the workers sent meanwhile may be read only after this tick.
void Dispatch::State::forgive_standstill(Time now) {
    const Duration missed = now - ticked - options.beat;
    if (ticked != Time{} && missed > Duration{}) {
        for (WorkerLink* machine : machines.all()) {
            machine->heard = std::min(now, machine->heard + missed);
            machine->contest.until += missed;
        }
        recovery_began += missed;
    }
    ticked = now;
}

void Dispatch::State::end_leases(WorkerLink& machine, When when, Effects& out) {
    const Duration silence = when.now - machine.heard;
    if (silence <= options.lease) { return; }
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(silence).count();
    const std::string reason = "worker " + machine.name + " was silent for " + std::to_string(seconds) + " s";
    for (Work* work = machine.works.back(); work != nullptr;) {  // the youngest first: each goes to the front
        Work* before = work->prev;
        if (silence > lease_of(*work, machine.heard)) {
            if (work->state == TaskState::running && !std::exchange(machine.loss_counted, true)) {
                count_fault(machine, work->id, reason, when, out);
            }
            give_back(*work, {TaskEvent::worker_lost, reason, true, true}, when, out);
        }
        work = before;
    }
    reservations.forget(machine);
    if (!machine.works.empty()) { return; }
    machine.cancels.clear();
    depart(machine, wire::WorkerState::lost, "silent for " + std::to_string(seconds) + " s", when, out);
}

void Dispatch::State::end_recovery(When when, Effects& out) {
    const Duration waited = when.now - recovery_began;
    if (recovering.empty() || waited <= options.lease) { return; }
    for (Work* work = recovering.back(); work != nullptr;) {
        Work* before = work->prev;
        if (waited > lease_of(*work, recovery_began)) {
            const bool ran = work->state == TaskState::running;
            const std::string reason =
                "worker " + std::string(work->recorded_worker()) + " did not come back after a restart";
            give_back(*work, {ran ? TaskEvent::worker_lost : TaskEvent::not_held, reason, ran, true}, when,
                      out);
        }
        work = before;
    }
}

void Dispatch::tick(When when, Effects& out) {
    state_->forgive_standstill(when.now);
    if (when.now < state_->next_check) { return; }
    state_->next_check = when.now + state_->options.beat / 4;
    const std::vector<WorkerLink*> machines = state_->machines.all();
    for (WorkerLink* machine : machines) {
        state_->tell_standing(*machine, when, out);
        state_->end_leases(*machine, when, out);
    }
    state_->end_recovery(when, out);
    state_->tell_upcoming(when, out);
}

}  // namespace nias::core
