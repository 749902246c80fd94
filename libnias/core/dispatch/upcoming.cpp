// Tells busy workers which tasks they may be given next, so that these are ready there when a slot is free.
// Nothing is decided by it: the tasks stay in the queue, and whoever is free first gets the first of them.
#include <algorithm>
#include <unordered_map>

#include "core/dispatch/state.hpp"

namespace nias::core {
namespace {

constexpr std::size_t kWorkersTold = 2;     // each worker that is told of a task fetches its bundle
constexpr std::size_t kWorkersARound = 64;  // lists that are made anew in one look
constexpr std::size_t kTasksLooked = 256;   // tasks from the front of the queue, for one worker

}  // namespace

/// Whether this worker makes tasks ready at present. It need not be busy: between the end of one task and the
/// credit for the next it holds none, and must not be told to throw away what comes in a moment.
bool Dispatch::State::makes_ready(const WorkerLink& machine, Time now) const {
    return machine.prepares > 0 && now >= machine.rests_until &&
           standing(machine, now) == wire::WorkerState::ready;
}

// A task that this worker was told of stays with it while it is near the front, because it may be ready
// there.
std::vector<const Work*> Dispatch::State::next_for(const WorkerLink& machine, std::size_t looked,
                                                   const ToldWorkers& told) const {
    const auto fits = [&](const Shape& shape) { return machine.could_fit(shape) && pool.has(shape.counted); };
    const std::vector<const Work*> first = queue.upcoming(looked, fits);
    const auto was_told = [&](const Work* work) {
        return std::find(machine.upcoming.begin(), machine.upcoming.end(), work->id) !=
               machine.upcoming.end();
    };
    std::vector<const Work*> next;
    std::copy_if(first.begin(), first.end(), std::back_inserter(next), was_told);
    for (const Work* work : first) {
        if (next.size() >= machine.prepares) { break; }
        const auto others = told.find(work->id);
        if (was_told(work) || (others != told.end() && others->second >= kWorkersTold)) { continue; }
        next.push_back(work);
    }
    return next;
}

void Dispatch::State::tell_upcoming(When when, Effects& out) {
    const auto& all = machines.all();
    ToldWorkers told;
    std::size_t wanted = 0;
    for (const WorkerLink* machine : all) {
        for (const TaskId& id : machine->upcoming) { ++told[id]; }
        if (makes_ready(*machine, when.now)) { wanted += machine->prepares; }
    }
    const std::size_t looked = std::min(wanted, kTasksLooked);
    std::size_t left = kWorkersARound;
    std::size_t i = 0;
    for (; i < all.size() && left > 0; ++i) {
        WorkerLink& machine = *all[(first_told + i) % all.size()];
        if (machine.prepares == 0) { continue; }
        --left;
        std::vector<const Work*> next;
        if (makes_ready(machine, when.now)) { next = next_for(machine, looked, told); }
        std::vector<TaskId> ids;
        for (const Work* work : next) { ids.push_back(work->id); }
        if (ids == machine.upcoming) { continue; }
        for (const TaskId& id : machine.upcoming) { --told[id]; }
        for (const TaskId& id : ids) { ++told[id]; }
        machine.upcoming = std::move(ids);
        wire::Upcoming message{machine.incarnation, {}};
        for (const Work* work : next) { message.tasks.push_back(work->parts().task()); }
        out.sends.push_back({machine.peer, std::move(message)});
    }
    if (left == 0) { first_told = (first_told + i) % all.size(); }
}

}  // namespace nias::core
