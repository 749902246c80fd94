/// Backfill without starvation: a smaller task may pass one that does not fit at present, until that one has
/// waited for so long that something is kept for it: what it needs of one machine, as attempts end there, and
/// what it needs of the lab's counted resources. Part of dispatch.
#pragma once

#include <cstddef>
#include <vector>

#include "core/dispatch/machines.hpp"
#include "core/dispatch/work.hpp"

namespace nias::core {

struct Reservation {
    Work* work = nullptr;           ///< the queued task that it is for
    Shape shape;                    ///< shape of `work`
    WorkerLink* machine = nullptr;  ///< null: it lacks only counted resources, and runs anywhere
};

class Reservations {
public:
    static constexpr std::size_t kMost = 8;  ///< reservations at once; each costs all others room

    /// Keeps for `work` what its shape needs, on the machine of `ready` where it will fit after the fewest
    /// attempts have ended; one of them is large enough. A machine is kept for one task at a time. False:
    /// each that is large enough is kept for another, or there are kMost already, or the work has one.
    bool make(Work& work, const Shape& shape, const std::vector<WorkerLink*>& ready);
    /// The work has left the queue.
    void forget(const Work& work);
    /// The machine is gone.
    void forget(const WorkerLink& machine);
    /// Drops reservations whose work would run on none of these machines, or not on the one kept for it.
    void forget_hopeless(const std::vector<WorkerLink*>& ready);
    [[nodiscard]] bool full() const { return all_.size() >= kMost; }
    [[nodiscard]] const Reservation* of(const Work& work) const;
    /// The one made first comes first.
    [[nodiscard]] const std::vector<Reservation>& all() const { return all_; }
    void check_invariants() const;

private:
    std::vector<Reservation> all_;
};

}  // namespace nias::core
