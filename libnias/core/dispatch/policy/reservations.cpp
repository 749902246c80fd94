#include "core/dispatch/policy/reservations.hpp"

#include <algorithm>
#include <optional>

#include "base/check.hpp"

namespace nias::core {
namespace {

constexpr std::size_t kAttemptsLooked = 1'000;  // attempts looked at for one machine

/// How many of the machine's attempts, the oldest first, have to end before the shape fits; nothing: it does
/// not fit the machine at all. Nobody knows when an attempt ends: the oldest is taken to be the first.
std::optional<std::size_t> ends_until_it_fits(const WorkerLink& machine, const Shape& shape) {
    if (!machine.could_fit(shape)) { return std::nullopt; }
    const auto lacks = [](std::uint64_t asked, std::uint64_t used, std::uint64_t there) {
        return asked > 0 && used + asked > there;
    };
    std::uint64_t cpus = machine.used_cpus;
    std::uint64_t gpus = machine.used_gpus;
    std::uint64_t memory = machine.used_memory;
    std::size_t ends = 0;
    for (const Work* work = machine.works.front(); work != nullptr && ends < kAttemptsLooked;
         work = work->next, ++ends) {
        if (!lacks(shape.cpus, cpus, machine.cpus) && !lacks(shape.gpus, gpus, machine.gpus) &&
            !lacks(shape.memory_bytes, memory, machine.memory_bytes)) {
            break;
        }
        const Resources& held = work->spec().resources;
        if (!claims(held)) { continue; }
        cpus -= held.cpus;
        gpus -= held.gpus;
        memory -= held.memory_bytes;
    }
    return ends;
}

}  // namespace

bool Reservations::make(Work& work, const Shape& shape, const std::vector<WorkerLink*>& ready) {
    if (full() || of(work) != nullptr) { return false; }
    if (!shape.claims_of_machine()) {
        all_.push_back({&work, shape, nullptr});
        return true;
    }
    WorkerLink* best = nullptr;
    std::size_t fewest = 0;
    for (WorkerLink* machine : ready) {
        if (machine->is_kept()) { continue; }
        const auto ends = ends_until_it_fits(*machine, shape);
        if (!ends || (best != nullptr && *ends >= fewest)) { continue; }
        best = machine;
        fewest = *ends;
    }
    if (best == nullptr) { return false; }
    best->kept = {.cpus = shape.cpus, .gpus = shape.gpus, .memory_bytes = shape.memory_bytes};
    all_.push_back({&work, shape, best});
    return true;
}

void Reservations::forget(const Work& work) {
    std::erase_if(all_, [&](const Reservation& one) {
        if (one.work != &work) { return false; }
        if (one.machine != nullptr) { one.machine->keep_nothing(); }
        return true;
    });
}

void Reservations::forget(const WorkerLink& machine) {
    std::erase_if(all_, [&](const Reservation& one) {
        if (one.machine != &machine) { return false; }
        one.machine->keep_nothing();
        return true;
    });
}

void Reservations::forget_hopeless(const std::vector<WorkerLink*>& ready) {
    std::erase_if(all_, [&](const Reservation& one) {
        const bool may_run = std::any_of(ready.begin(), ready.end(), [&](const WorkerLink* machine) {
            return (one.machine == nullptr || one.machine == machine) && machine->could_fit(one.shape);
        });
        if (!may_run && one.machine != nullptr) { one.machine->keep_nothing(); }
        return !may_run;
    });
}

const Reservation* Reservations::of(const Work& work) const {
    const auto it =
        std::find_if(all_.begin(), all_.end(), [&](const Reservation& one) { return one.work == &work; });
    return it == all_.end() ? nullptr : &*it;
}

void Reservations::check_invariants() const {
    NIAS_CHECK(all_.size() <= kMost, "reservations are few");
    for (const Reservation& one : all_) {
        NIAS_CHECK(one.work->lane != nullptr, "what is kept is kept for a queued task");
        NIAS_CHECK(of(*one.work) == &one, "a task has one reservation");
        NIAS_CHECK(one.machine == nullptr || one.machine->is_kept(), "a reserved machine keeps something");
    }
}

}  // namespace nias::core
