// Asks attempts back that wait in one worker's window while another worker is free. A worker is asked at most
// once a beat, and only for attempts that it has had for a beat: small tasks are done before that.
#include <algorithm>

#include "core/dispatch/state.hpp"

namespace nias::core {

/// Workers with free slots after assign, which no queued task fits.
std::vector<Dispatch::State::Free> Dispatch::State::free_slots(Time now) const {
    std::vector<Free> free;
    for (const WorkerLink* machine : machines.all()) {
        const std::size_t slots = room(*machine, false, now);
        if (slots > 0) { free.push_back({machine, slots}); }
    }
    return free;
}

void Dispatch::State::retract(When when, Effects& out) {
    if (when.now < next_retract) { return; }
    next_retract = when.now + options.beat / 4;
    for (WorkerLink* machine : machines.all()) { machine->arrivals.count(when.now, options.beat); }
    std::vector<Free> free = free_slots(when.now);
    if (free.empty()) { return; }
    for (WorkerLink* machine : machines.all()) {
        const bool answers = !machine->draining && when.now - machine->heard <= options.suspect;
        const bool holds_more = machine->works.size() > machine->slots;
        if (answers && holds_more && when.now >= machine->retracts_at) {
            retract_from(*machine, free, when, out);
        }
    }
}

// The youngest attempts are asked for first, because they would wait longest. The oldest, as many as the
// worker has slots, are held for begun, because a handler need not say that it began. The worker decides
// about the others.
void Dispatch::State::retract_from(WorkerLink& machine, std::vector<Free>& free, When when,
                                   Effects& out) const {
    const auto taker_of = [&](const Work& work) {
        const Shape shape = shape_of(work.spec(), options.short_lane);
        return std::find_if(free.begin(), free.end(), [&](const Free& other) {
            return other.slots > 0 && other.machine != &machine && other.machine->fits(shape);
        });
    };
    wire::Retract asked;
    std::uint64_t young = machine.arrivals.young();
    std::size_t left = machine.works.size();
    for (const Work* work = machine.works.back(); work != nullptr && left > machine.slots;
         work = work->prev, --left) {
        if (young > 0) {
            --young;
            continue;
        }
        if (work->state != TaskState::assigned || work->cancel_wanted) { continue; }
        const auto taker = taker_of(*work);
        if (taker == free.end()) { continue; }
        // How much the first task leaves of the machine is not known before it is there.
        taker->slots = claims(work->spec().resources) ? 0 : taker->slots - 1;
        asked.attempts.push_back(work->ref());
        if (asked.attempts.size() == wire::kBatchItemsMax) { break; }
    }
    if (asked.attempts.empty()) { return; }
    machine.retracts_at = when.now + options.beat;
    out.sends.push_back({machine.peer, std::move(asked)});
}

void Dispatch::on(const std::string& peer, const wire::Retracted& retracted, When when, Effects& out) {
    WorkerLink* machine = state_->machines.by_peer(peer);
    if (machine == nullptr) {
        out.sends.push_back({peer, wire::Rehello{}});
        return;
    }
    State::hear(*machine, when.now);
    machine->traffic = true;
    machine->retracts_at = when.now;
    const bool is_drained = state_->machines.order_of(machine->name) != nullptr;
    const std::string reason = "taken back from worker " + machine->name +
                               (is_drained ? ", which is drained" : ": another one can go on with it");
    for (const AttemptRef& attempt : retracted.attempts) {
        Work* work = state_->works.find(attempt.id);
        if (work == nullptr || work->machine != machine || work->attempt != attempt.attempt) { continue; }
        if (work->state != TaskState::assigned) { continue; }  // a started attempt is not taken back
        state_->give_back(*work, {TaskEvent::retracted, reason}, when, out);
    }
}

}  // namespace nias::core
