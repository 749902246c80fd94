/// The workers that dispatch knows: identity is name + incarnation, never the connection. Their leases
/// (a deadline a worker, not a task), credit, free resources and attempts. Part of dispatch.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock_types.hpp"
#include "core/containers/chain.hpp"
#include "core/digest.hpp"
#include "core/dispatch/book/task_batch.hpp"
#include "core/dispatch/credit.hpp"
#include "core/dispatch/policy/lab_runtimes.hpp"
#include "core/dispatch/policy/worker_faults.hpp"
#include "core/dispatch/work.hpp"
#include "core/effects/journal.hpp"
#include "core/effects/when.hpp"

namespace nias::core {

/// How many of a worker's attempts arrived within the last beat, which are not asked back yet. Counted once a
/// beat, so that no attempt needs a time of its own.
struct Arrivals {
    std::uint64_t all = 0;
    std::uint64_t counted = 0;  ///< value of `all` at the last count
    std::uint64_t waited = 0;   ///< value of `all` at the count before
    Time counted_at;

    void count(Time now, Duration beat) {
        if (now - counted_at < beat) { return; }
        waited = counted;
        counted = all;
        counted_at = now;
    }
    /// Upper bound of the attempts that arrived within the last beat.
    [[nodiscard]] std::uint64_t young() const { return all - waited; }
};

/// A second process that says the name of a worker that was heard a moment ago. The first one is asked for a
/// sign of life; the second gets the name only where none comes.
struct Contest {
    std::uint64_t incarnation = 0;  ///< the second process; 0: there is no contest
    std::string peer;               ///< connection of the second process
    std::string host;
    std::string address;
    std::uint64_t number = 0;  ///< the first process has to repeat it in a Beat
    Time until;
};

/// How a worker stood when people were last told.
struct Standing {
    wire::WorkerState state = wire::WorkerState::ready;
    std::int64_t since_unix_ms = 0;
    std::string why;
};

/// One connected incarnation of a worker.
struct WorkerLink {
    std::string name;
    std::string peer;  ///< routing id of its connection
    std::string address;
    std::string home;  ///< as in wire::Hello
    std::string version;
    std::vector<std::string> labels;
    std::int64_t joined_unix_ms = 0;  ///< when this incarnation joined
    std::int64_t clock_off_ms = 0;    ///< its clock less the ventilator's
    bool clock_told = false;          ///< the administrator was told that its clock is off
    bool loss_counted = false;        ///< `faults` counts the present silence already
    Contest contest;
    Standing told;
    std::uint64_t incarnation = 0;
    /// Number of the link whose name this one took. That link is refused only once this one has answered its
    /// Welcome, because a Hello or a Beat that was long on its way may come from a process that is dead.
    std::uint64_t rival = 0;
    std::uint64_t welcome = 0;  ///< number of the last Welcome sent to it
    std::string host;
    std::uint32_t slots = 1;
    std::uint32_t cpus = 1;
    std::uint32_t gpus = 0;
    std::uint64_t memory_bytes = 0;
    std::uint64_t used_cpus = 0;  ///< cpus claimed by attempts that claims() is true of
    std::uint64_t used_gpus = 0;
    std::uint64_t used_memory = 0;
    std::uint32_t used_long = 0;  ///< attempts of long tasks
    ShortLane short_lane;
    /// Kept for one task that has waited too long; all zero while nothing is kept.
    Resources kept{.cpus = 0, .gpus = 0, .memory_bytes = 0};
    std::vector<std::string> runtimes;
    LabRuntimes* lab = nullptr;  ///< counts `runtimes`
    CreditWindow credit;
    Chain<Work> works;                ///< assigned and running here, oldest first
    AttemptDigest digest;             ///< digest of `works`
    std::size_t limited = 0;          ///< number of `works` with a time limit
    std::vector<AttemptRef> cancels;  ///< Drops to repeat until the attempts have ended
    TaskBatch outgoing;               ///< filled by assign, and empty after it
    std::uint32_t prepares = 0;       ///< queued tasks that it is told of; 0: none
    std::vector<TaskId> upcoming;     ///< those it was told of last
    Arrivals arrivals;                ///< arrivals in `works`
    Time retracts_at;                 ///< no attempts are asked back before this time
    Time heard;                       ///< time of its last message
    Time rests_until;                 ///< it declined a task, and is sent none before this time
    std::string rests;                ///< why it declined one, until it grants credit again
    WorkerFaults faults;
    std::uint32_t load_percent = 0;  ///< load that its last Beat told
    bool draining = false;
    bool traffic = true;    ///< frames since its last Beat may explain another digest
    bool differed = false;  ///< the last Beat's digest differed

    void attach(Work& work);
    void detach(Work& work);
    /// Whether the shape fits at present, beside what is kept for another task.
    [[nodiscard]] bool fits(const Shape& shape) const { return fits_beside(shape, kept); }
    /// Whether the shape fits at present, for the task that something is kept for here.
    [[nodiscard]] bool fits_reserved(const Shape& shape) const {
        return fits_beside(shape, {.cpus = 0, .gpus = 0, .memory_bytes = 0});
    }
    /// Whether the shape would fit if the worker had no attempts.
    [[nodiscard]] bool could_fit(const Shape& shape) const;
    /// Whether it may run a task that asks for this runtime: see LabRuntimes.
    [[nodiscard]] bool offers(const std::string& runtime) const { return lab->lets(runtimes, runtime); }
    [[nodiscard]] bool has_long_slot() const { return used_long < short_lane.long_slots(slots); }
    [[nodiscard]] bool is_kept() const { return kept.cpus > 0 || kept.gpus > 0 || kept.memory_bytes > 0; }
    void keep_nothing() { kept = {.cpus = 0, .gpus = 0, .memory_bytes = 0}; }
    /// Begins anew with what a Hello says, over the connection `from`. Attempts and faults stay.
    void begin_link(const wire::Hello& hello, const std::string& from, When when);
    void note_clock(std::int64_t its_unix_ms, When when) {
        if (its_unix_ms != 0) { clock_off_ms = its_unix_ms - when.unix_ms; }
    }

private:
    [[nodiscard]] bool fits_beside(const Shape& shape, const Resources& others) const;
};

class Machines {
public:
    static constexpr std::size_t kMachinesMax = 10'000;

    explicit Machines(const ShortLane& short_lane = {}, bool first_runtime_only = false)
        : short_lane_(short_lane), runtimes_(first_runtime_only) {}
    [[nodiscard]] WorkerLink* by_name(const std::string& name);
    [[nodiscard]] WorkerLink* by_peer(const std::string& peer);
    /// Makes an entry; null where kMachinesMax are known already.
    [[nodiscard]] WorkerLink* add(const std::string& name);
    void connect(WorkerLink& machine, const std::string& peer);
    /// Removes a worker whose attempts were detached. Its faults are kept for when it connects again.
    void remove(WorkerLink& machine);
    /// Lets a worker that was paused for its faults go on, connected or not. Returns why it was paused;
    /// nothing where it was not.
    std::optional<std::string> resume(const std::string& name);
    /// The order of an administrator about this worker, connected or not; null where there is none.
    [[nodiscard]] const JournalOrder* order_of(const std::string& name) const;
    /// Notes an order. False where orders for kMachinesMax workers stand already.
    [[nodiscard]] bool order(JournalOrder order);
    /// Messages of this incarnation are refused from here on. `why` is `other` where it said goodbye.
    void supersede(std::uint64_t incarnation, wire::WorkerRefusal why);
    /// Why messages of this incarnation are refused; nothing where they are not.
    [[nodiscard]] std::optional<wire::WorkerRefusal> superseded(std::uint64_t incarnation) const {
        const auto found = superseded_.find(incarnation);
        return found == superseded_.end() ? std::nullopt : std::optional(found->second);
    }
    [[nodiscard]] const std::vector<WorkerLink*>& all() const { return order_; }
    [[nodiscard]] const LabRuntimes& runtimes() const { return runtimes_; }
    void check_invariants() const;

private:
    ShortLane short_lane_;
    LabRuntimes runtimes_;  ///< counts what the machines in `order_` offer
    std::unordered_map<std::string, std::unique_ptr<WorkerLink>> by_name_;
    std::unordered_map<std::string, WorkerLink*> by_peer_;
    std::vector<WorkerLink*> order_;
    std::unordered_map<std::string, WorkerFaults> absent_;  ///< at most kMachinesMax entries
    std::unordered_map<std::string, JournalOrder> orders_;  ///< keyed by worker; holds no `resume`
    std::unordered_map<std::uint64_t, wire::WorkerRefusal> superseded_;
    std::deque<std::uint64_t> superseded_order_;
};

}  // namespace nias::core
