#include "core/dispatch/dispatch.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "base/check.hpp"
#include "core/dispatch/state.hpp"

namespace nias::core {

Dispatch::Dispatch(const DispatchOptions& options) : state_(std::make_unique<State>(options)) {}
Dispatch::~Dispatch() = default;

void Dispatch::recover(Recovered recovered, When when) {
    if (has_ended(recovered.state)) { return; }
    state_->recovery_began = when.now;
    Work& work = state_->works[recovered.task.id];
    work.payload.fill(recovered.task.payload);
    work.attempt = std::exchange(recovered.task.attempt, 1);
    work.kind = state_->kinds.join(recovered.task);
    work.client = state_->clients.join(recovered.client);
    work.state = recovered.state;
    work.order = state_->next_order++;
    state_->newest = std::max(state_->newest, recovered.task.id);
    if (!recovered.reason.empty()) {
        const auto lines =
            static_cast<std::size_t>(1 + std::count(recovered.reason.begin(), recovered.reason.end(), '\n'));
        const std::size_t failed = std::min<std::size_t>(lines, recovered.failures);
        work.faults = static_cast<std::uint16_t>(lines - failed);
        work.make_past().history = std::move(recovered.reason);
        work.make_past().failures = static_cast<std::uint32_t>(failed);
    }
    if (recovered.issued > work.attempt) { work.make_past().issued = recovered.issued; }
    if (!recovered.open.empty()) { work.make_past().open = std::move(recovered.open); }
    if (work.state == TaskState::running) {
        const std::uint32_t now_is = whole_seconds(when.now);
        work.since_s = now_is - std::min(now_is, recovered.ran_s);
    }
    if (work.state == TaskState::queued) {
        work.unsure = true;
        state_->queue.push(work);
    } else {
        work.make_past().recorded_worker = std::move(recovered.worker);
        state_->enter_recovering(work);
    }
}

void Dispatch::State::hand_over(Work& work, WorkerLink& machine, When when, Effects& out) {
    // A worker may have an attempt of this number, and may come back with it while the later one waits.
    const bool raised = work.unsure;
    if (raised) {
        work.leave_open();
        work.attempt = work.next_number();
    }
    work.unsure = false;
    work.since_s = now_s;
    move(work, TaskEvent::sent);
    machine.attach(work);
    machine.credit.spend();
    if (!reservations.all().empty()) { reservations.forget(work); }
    const CountedResources& counted = work.spec().resources.counted;
    if (!counted.empty()) { pool.hold(counted); }
    // A claim on a counted resource is durable first: a ventilator that starts again must not grant it twice.
    note_state(work, when, out, !raised && counted.empty());
    publish_state(work, machine.name, when, out);
    if (!work.request().empty()) { follow(work, "is given to worker " + machine.name, out); }
    machine.outgoing.add(work.parts());
    if (machine.outgoing.full()) { flush(machine, out); }
}

void Dispatch::State::flush(WorkerLink& machine, Effects& out) {
    if (machine.outgoing.empty()) { return; }
    machine.traffic = true;
    out.tasks.push_back(
        {machine.peer, machine.incarnation, machine.credit.sent(), machine.outgoing.release()});
}

std::size_t Dispatch::State::room(const WorkerLink& machine, bool prefetch, Time now) const {
    if (standing(machine, now) != wire::WorkerState::ready || now < machine.rests_until) { return 0; }
    const auto credit = static_cast<std::size_t>(machine.credit.room());
    if (prefetch) { return credit; }
    const std::size_t held = machine.works.size();
    return held >= machine.slots ? 0 : std::min<std::size_t>(credit, machine.slots - held);
}

bool Dispatch::State::assign_round(bool prefetch, When when, Effects& out) {
    const auto& all = machines.all();
    std::size_t ready = 0;
    for (const WorkerLink* machine : all) { ready += room(*machine, prefetch, when.now) > 0 ? 1U : 0U; }
    if (ready == 0) { return false; }
    const std::size_t share = std::max<std::size_t>(1, static_cast<std::size_t>(queue.size()) / ready);
    bool given = false;
    for (std::size_t i = 0; i < all.size() && queue.size() > 0; ++i) {
        WorkerLink& machine = *all[(first_machine + i) % all.size()];
        const FairQueue::Fits fits = [this, &machine](const Shape& shape) {
            return machine.fits(shape) && (shape.counted.empty() || pool.fits(shape.counted));
        };
        const std::size_t most = std::min(share, room(machine, prefetch, when.now));
        for (std::size_t n = 0; n < most; ++n) {
            Work* work = queue.dequeue(fits, when.now);
            if (work == nullptr) { break; }
            hand_over(*work, machine, when, out);
            given = true;
        }
    }
    ++first_machine;
    return given;
}

// Done four times a beat. A task for which every machine is kept already stays in front of those that have
// waited less. A task that fits no ready machine at all begins to wait anew, so that nothing is kept for it.
void Dispatch::State::make_reservations(Time now) {
    if (now < next_reserve) { return; }
    next_reserve = now + options.beat / 4;
    const std::vector<const Lane*> lanes = queue.passed_since(now - options.starve_after);
    if (lanes.empty() && reservations.all().empty()) { return; }
    std::vector<WorkerLink*> ready;
    for (WorkerLink* machine : machines.all()) {
        if (standing(*machine, now) == wire::WorkerState::ready) { ready.push_back(machine); }
    }
    reservations.forget_hopeless(ready);
    for (const Lane* lane : lanes) {
        const bool possible = pool.has(lane->key.shape.counted) &&
                              std::any_of(ready.begin(), ready.end(), [&](const WorkerLink* machine) {
                                  return machine->could_fit(lane->key.shape);
                              });
        const bool made = possible && reservations.make(*lane->works.front(), lane->key.shape, ready);
        if (made || !possible) { queue.pass_again(*lane, now); }
    }
}

/// The worker that can run a task with a reservation at present; null while there is none.
WorkerLink* Dispatch::State::place_of(const Reservation& reservation, Time now) {
    const auto takes = [&](const WorkerLink& machine) {
        return room(machine, true, now) > 0 && machine.fits_reserved(reservation.shape);
    };
    if (!pool.fits(reservation.shape.counted)) { return nullptr; }
    if (reservation.machine != nullptr) {
        return takes(*reservation.machine) ? reservation.machine : nullptr;
    }
    for (WorkerLink* machine : machines.all()) {
        if (takes(*machine)) { return machine; }
    }
    return nullptr;
}

// Tasks with a reservation are given out before all others, the one that has waited longest first. Where one
// of them cannot start yet, the counted resources that it needs are kept from those behind it.
void Dispatch::State::assign_reserved(When when, Effects& out) {
    pool.keep_nothing();
    const std::vector<Reservation> all = reservations.all();
    for (const Reservation& one : all) {
        if (WorkerLink* const machine = place_of(one, when.now)) {
            queue.dequeue(*one.work, when.now);
            hand_over(*one.work, *machine, when, out);
        } else {
            pool.keep(one.shape.counted);
        }
    }
}

void Dispatch::assign(When when, Effects& out) {
    state_->now_s = whole_seconds(when.now);
    state_->queue.release_due(when.now);
    state_->make_reservations(when.now);
    if (!state_->reservations.all().empty() || state_->pool.keeps()) { state_->assign_reserved(when, out); }
    for (const bool prefetch : {false, true}) {  // free slots first, then places in windows
        while (state_->queue.size() > 0 && state_->assign_round(prefetch, when, out)) {}
    }
    for (WorkerLink* machine : state_->machines.all()) { State::flush(*machine, out); }
    state_->retract(when, out);
}

bool Dispatch::knows(const TaskId& id) const {
    return state_->works.contains(id) || state_->ended.contains(id);
}

std::optional<JournalState> Dispatch::standing(const TaskId& id, TaskState state, Attempt attempt) const {
    const Work* work = state_->works.find(id);
    if (work == nullptr || work->state != state || work->attempt != attempt) { return std::nullopt; }
    return JournalState{.id = id,
                        .state = state,
                        .attempt = attempt,
                        .worker = work->machine == nullptr ? std::string() : work->machine->name,
                        .reason = std::string(work->history()),
                        .issued = work->issued() > attempt ? work->issued() : 0,
                        .failures = work->failures(),
                        .open = work->open()};
}

std::uint64_t Dispatch::queued() const { return state_->queue.size(); }
std::uint64_t Dispatch::alive() const { return state_->works.size(); }
std::uint64_t Dispatch::fenced() const { return state_->fenced; }
std::uint64_t Dispatch::in_use(const std::string& resource) const {
    return state_->pool.count_of(resource).used;
}

void Dispatch::check_invariants() const {
    state_->queue.check_invariants();
    state_->machines.check_invariants();
    state_->reservations.check_invariants();
    std::map<std::string, std::uint64_t> in_use;
    std::uint64_t held = 0;
    for (const WorkerLink* machine : state_->machines.all()) { held += machine->works.size(); }
    NIAS_CHECK(state_->clients.size() <= state_->works.size(), "only clients of living tasks are known");
    NIAS_CHECK(state_->queue.size() + held + state_->recovering.size() == state_->works.size(),
               "every living task is queued, with a worker, or waits for one");
    state_->works.for_each([&in_use](const TaskId& id, const Work& work) {
        if (work.state != TaskState::queued) {
            for (const auto& [name, amount] : work.spec().resources.counted) { in_use[name] += amount; }
        }
        NIAS_CHECK(work.id == id && work.attempt >= 1, "a task is kept under its id");
        NIAS_CHECK(!has_ended(work.state), "a living task has not ended");
        NIAS_CHECK((work.lane != nullptr) == (work.state == TaskState::queued),
                   "a queued task is in the queue");
        NIAS_CHECK(!work.cancel_wanted || work.state != TaskState::queued,
                   "a cancelled task is not given out again");
        NIAS_CHECK(!work.named, "no mark of a Hello is left");
        NIAS_CHECK(!work.is_open(work.issued()), "an attempt that may be taken back is an earlier one");
        NIAS_CHECK(work.faults < work.spec().max_attempts, "a task whose attempts are used up has ended");
        NIAS_CHECK(work.failures() <= work.spec().max_failures, "a task has failed no more than it asked to");
    });
    for (const auto& [name, count] : state_->pool.all()) {
        NIAS_CHECK(count.used == in_use[name], "what is in use of the lab is what its attempts hold");
        in_use.erase(name);
    }
    NIAS_CHECK(in_use.empty(), "all that attempts hold of the lab is counted");
}

}  // namespace nias::core
