/// The ventilator's brain: intake, queueing, assignment under credit, leases, fencing, recovery.
/// Pure: (input, now) → effects. Owned by service/ventilator's loop thread; driven by tests and tests/sim.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/dispatch/policy/short_lane.hpp"
#include "core/effects/effects.hpp"
#include "core/effects/when.hpp"

namespace nias::core {

struct DispatchOptions {
    std::uint64_t max_queued = 1'000'000;
    std::uint64_t max_queued_per_owner = 0;  ///< 0: as many as max_queued
    Duration beat = std::chrono::seconds(1);
    Duration suspect = std::chrono::seconds(5);
    Duration lease = std::chrono::seconds(15);         ///< lease of an attempt that has not begun
    Duration lease_max = std::chrono::minutes(10);     ///< longest lease of a running attempt
    Duration overdue = std::chrono::minutes(1);        ///< past its limit, an attempt is reported
    Duration usage_half_life = std::chrono::hours(1);  ///< after it, what an owner used counts half
    std::vector<CountedResource> resources;            ///< the lab's counted resources
    ShortLane short_lane;
    bool first_runtime_only = false;                   ///< the first of alternatives, `a|b`, is the only one
    Duration starve_after = std::chrono::minutes(10);  ///< passed this long, a task gets a reservation
    bool journals = true;                              ///< false: no ledger, and no journal entry is made
    std::uint64_t first_welcome = 1;  ///< a random one in a shell: no Beat from before its start repeats it
    std::size_t recent_ended_max = 16384;  ///< ended tasks remembered for repeats (the ledger knows the rest)
};

/// A task that a ledger held when the ventilator started.
struct Recovered {
    Task task;
    std::string client;
    TaskState state = TaskState::queued;
    std::string worker;
    std::string reason;
    Attempt issued = 0;              ///< highest number given to a worker, where that is over the task's
    std::uint32_t ran_s = 0;         ///< seconds a running attempt is known to have run
    std::uint32_t failures = 0;      ///< outcomes `failed` after which it was queued again
    std::vector<Attempt> open = {};  ///< numbers below the task's that may be taken back, oldest first
};

class Dispatch {
public:
    explicit Dispatch(const DispatchOptions& options);
    ~Dispatch();
    Dispatch(const Dispatch&) = delete;
    Dispatch& operator=(const Dispatch&) = delete;

    /// Adds a living task of the ledger. Called for each, oldest first, before the first input. Assigned and
    /// running ones wait for their worker's Hello as long as their lease is; then they are requeued.
    void recover(Recovered recovered, When when);
    /// Adds an administrator's order of the ledger. Called for each before the first input.
    void recover(const JournalOrder& order);

    // Intake.
    void on(const wire::Submit& submit, When when, Effects& out);
    /// Answers tasks that the shell does not hand to this core with a rejection.
    void refuse(const std::string& client, const std::vector<TaskId>& ids, wire::EventCode code,
                std::string_view why, When when, Effects& out);
    void on(const wire::Cancel& cancel, When when, Effects& out);
    void on(wire::Outcomes outcomes, When when, Effects& out);

    // Control. `peer` is the worker's connection (routing id); identity is worker + incarnation. `address`
    // is where it connects from, for people; empty: this machine.
    void on(const std::string& peer, const wire::Hello& hello, When when, Effects& out,
            std::string_view address = {});
    void on(const std::string& peer, const wire::Goodbye& goodbye, When when, Effects& out);
    void on(const std::string& peer, const wire::Credit& credit, When when, Effects& out);
    void on(const std::string& peer, const wire::Started& started, When when, Effects& out);
    void on(const std::string& peer, const wire::Declined& declined, When when, Effects& out);
    void on(const std::string& peer, const wire::Retracted& retracted, When when, Effects& out);
    void on(const std::string& peer, const wire::Beat& beat, When when, Effects& out);
    /// Tasks that this core does not know are answered «unknown task»; the shell asks the ledger first.
    void on(const std::string& peer, const wire::Sync& sync, When when, Effects& out);
    void on(const std::string& peer, const wire::Query& query, When when, Effects& out) const;
    void on(const std::string& peer, const wire::QueryWorkers& query, When when, Effects& out) const;
    void on(const std::string& peer, const wire::Order& order, When when, Effects& out);
    /// Answers with the living tasks; the shell answers for those that have ended, where it keeps a ledger.
    void on(const std::string& peer, const wire::QueryTasks& query, When when, Effects& out) const;
    /// The key of this worker is no longer admitted: it is told so, and its tasks go back to the queue.
    void revoke(const std::string& worker, When when, Effects& out);
    /// The shell refused a worker before the core heard of it: noted for people.
    void refused(const std::string& worker, std::string_view address, std::string_view why, When when,
                 Effects& out);

    /// Deadlines that have passed: suspects, lost workers, recovery grace. Call at least every beat.
    void tick(When when, Effects& out);
    /// Gives queued tasks to workers with room. Call once after a batch of inputs: batches form here.
    void assign(When when, Effects& out);

    /// Says where a task stands and why it waits, with a line for each attempt that was lost or failed.
    /// Nothing where the task neither lives nor ended lately.
    [[nodiscard]] std::optional<std::string> explain(const TaskId& id, Time now) const;

    [[nodiscard]] bool knows(const TaskId& id) const;
    /// A living task as TaskList tells it; nothing where it does not live.
    [[nodiscard]] std::optional<wire::TaskRow> row_of(const TaskId& id) const;
    /// The ledger's entry of a living task, while this attempt is its current one and in this state.
    [[nodiscard]] std::optional<JournalState> standing(const TaskId& id, TaskState state,
                                                       Attempt attempt) const;
    [[nodiscard]] std::uint64_t queued() const;
    [[nodiscard]] std::uint64_t alive() const;
    [[nodiscard]] std::uint64_t fenced() const;  ///< late outcomes dropped, since start
    /// The amount of a counted resource that attempts hold at present.
    [[nodiscard]] std::uint64_t in_use(const std::string& resource) const;
    /// Ends the process with the broken invariant's name (NIAS_CHECK). For tests and the simulation.
    void check_invariants() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace nias::core
