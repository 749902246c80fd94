/// The state of dispatch, and its changes of a task: the only places where a task's state is set.
/// Private to core/dispatch.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/containers/slab_map.hpp"
#include "core/dispatch/book/ended_tasks.hpp"
#include "core/dispatch/dispatch.hpp"
#include "core/dispatch/machines.hpp"
#include "core/dispatch/policy/counted_pool.hpp"
#include "core/dispatch/policy/fair_queue.hpp"
#include "core/dispatch/policy/reservations.hpp"
#include "core/dispatch/roll.hpp"
#include "core/task_machine.hpp"

namespace nias::core {

/// How one attempt ended, as a view into the run of outcomes that told it. The run stays the caller's.
struct OutcomeView {
    const Outcome& outcome;                ///< shared by the run; its id and output are not this attempt's
    std::span<const std::uint8_t> output;  ///< output of this attempt
    /// Views with the same run number differ only in id and output. 0 means: in no run.
    std::uint64_t run_number = 0;

    /// Views a whole outcome, which stays where it is.
    static OutcomeView alone(const Outcome& outcome) { return {outcome, outcome.output, 0}; }
    [[nodiscard]] Outcome whole(const TaskId& id) const {
        Outcome all = outcome;
        all.id = id;
        all.output.assign(output.begin(), output.end());
        return all;
    }
};

struct Dispatch::State {
    explicit State(const DispatchOptions& given)
        : options(given),
          queue(given.usage_half_life, given.short_lane),
          machines(given.short_lane, given.first_runtime_only),
          pool(given.resources),
          ended(given.recent_ended_max),
          next_welcome(given.first_welcome) {}

    /// How a task goes back to the queue. `counts` says that the attempt is one of the max_attempts,
    /// `may_return` that its worker may come back with it, and `held_back` for how long nobody gets it.
    struct GiveBack {
        TaskEvent event;
        std::string_view reason;
        bool counts = false;
        bool may_return = false;
        Duration held_back{};
    };
    /// The place that a Hello comes from, as people are told it.
    struct Origin {
        std::string host;
        std::string address;
    };

    DispatchOptions options;
    SlabMap<TaskId, Work> works;  ///< the living tasks
    Clients clients;
    Kinds kinds;
    FairQueue queue;
    Machines machines;
    Roll roll;
    CountedPool pool;  ///< held by attempts with a worker, and by those in `recovering`
    Reservations reservations;
    EndedTasks ended;
    TaskId newest;  ///< the greatest id that was ever accepted
    std::uint64_t next_welcome;
    Chain<Work> recovering;  ///< tasks that wait for the Hello of their worker
    Time recovery_began;
    Time next_check;
    Time next_retract;
    Time next_reserve;
    Time ticked;
    std::uint32_t now_s = 0;  ///< whole_seconds() of the last assign
    std::uint64_t next_order = 0;
    std::uint64_t fenced = 0;
    std::uint64_t answered_runs = 0;  ///< counts runs of outcomes: see OutcomeView::run_number
    std::size_t first_told = 0;       ///< index of the machine that tell_upcoming looks at first
    std::size_t first_machine = 0;    ///< index of the machine that assign asks first

    // tasks.cpp: one task.
    void move(Work& work, TaskEvent event);
    void leave(Work& work);
    void enter_recovering(Work& work);
    static void publish_state(const Work& work, std::string_view text, When when, Effects& out);
    void note_state(const Work& work, When when, Effects& out, bool soft) const;
    /// Writes a line for the log about a task that names its request.
    static void follow(const Work& work, std::string_view what, Effects& out);
    void end(Work& work, TaskEvent event, const OutcomeView& answer, When when, Effects& out);
    void forget(Work& work);
    static void uncount(Work& work);
    /// The attempt is over without an outcome of its program. The task goes back to the queue, or ends.
    void give_back(Work& work, const GiveBack& how, When when, Effects& out);
    void give_back_all(WorkerLink& machine, const GiveBack& how, When when, Effects& out);
    /// The current attempt has this outcome: the task ends, or goes back to the queue.
    void conclude(Work& work, const OutcomeView& answer, When when, Effects& out);
    /// The program failed, and the task asks for another attempt where it does.
    void retry(Work& work, const Outcome& outcome, When when, Effects& out);
    /// Whether an outcome of this attempt, passed on for this worker, is the one that is waited for.
    static bool is_current(const Work* work, Attempt attempt, const WorkerLink* reporter);
    void cancel(Work& work, When when, Effects& out);
    void cancel_group(const TaskId& group, When when, Effects& out);

    // intake.cpp
    /// The run with the seat that its tasks hold without naming it; nothing where there is no such seat.
    [[nodiscard]] std::optional<wire::Run<Task>> seated(const wire::Run<Task>& run) const;
    void submit(const std::string& client, const wire::Run<Task>& run, When when, Effects& out);
    void hand_over(Work& work, const std::string& client);
    /// Whether no more tasks of this owner can be taken at present.
    [[nodiscard]] bool is_full(const std::string& owner) const;
    [[nodiscard]] std::string words_of_full(const std::string& owner) const;

    // returned.cpp: attempts that come back.
    static void reinstate(Work& work, Attempt earlier);
    /// `ran_s` as in wire::Hello.
    void adopt(Work& work, WorkerLink& machine, std::uint32_t ran_s, When when, Effects& out);
    void note_run(Work& work, std::uint32_t ran_s, When when);
    static void ask_back(const Work& work, Effects& out);
    [[nodiscard]] bool takes_back(Work& work, Attempt named, WorkerLink& machine, std::uint32_t ran_s,
                                  When when, Effects& out);
    void fulfil_claim(Work& work, When when, Effects& out);

    // lease.cpp: silence.
    [[nodiscard]] Duration lease_of(const Work& work, Time heard) const;
    void forgive_standstill(Time now);
    void end_leases(WorkerLink& machine, When when, Effects& out);
    void end_recovery(When when, Effects& out);

    // admission.cpp: who may be the worker of a name.
    /// The worker that says hello, known or new. Null where the Hello was refused, or waits until it is known
    /// whether the first process of that name lives.
    WorkerLink* admit(const std::string& peer, const wire::Hello& hello, std::string_view address, When when,
                      Effects& out);
    [[nodiscard]] bool is_contested(WorkerLink& machine, const std::string& peer, const wire::Hello& hello,
                                    std::string_view address, When when, Effects& out);
    void win_contest(WorkerLink& machine, When when, Effects& out);
    [[nodiscard]] wire::Refused name_is_taken(const std::string& name);
    /// `name`: empty where it is not known.
    [[nodiscard]] wire::Refused words_of(const std::string& name, wire::WorkerRefusal why);
    /// `peer`: empty where it has been answered.
    void refuse(const std::string& peer, const std::string& worker, const Origin& origin,
                wire::Refused refused, When when, Effects& out);
    std::string greet(WorkerLink& machine, bool is_new, bool restarted, When when, Effects& out);

    // standing.cpp: how a worker stands.
    [[nodiscard]] wire::WorkerState standing(const WorkerLink& machine, Time now) const;
    [[nodiscard]] std::string why(const WorkerLink& machine, wire::WorkerState state, Time now) const;
    static void tell(const WorkerLink& machine, wire::WorkerChange change, std::string_view why, When when,
                     Effects& out);
    void tell_standing(WorkerLink& machine, When when, Effects& out) const;
    static void tell_clock(WorkerLink& machine, Effects& out);
    [[nodiscard]] wire::WorkerRow row_of(const WorkerLink& machine, Time now) const;
    void depart(WorkerLink& machine, wire::WorkerState state, std::string why, When when, Effects& out);

    // explain.cpp, questions.cpp
    static wire::TaskRow row_of(const Work& work);

    // control.cpp: one worker.
    static void hear(WorkerLink& machine, Time now);
    /// Finds the worker that this connection speaks for. Tells a stranger to say hello, and returns null.
    WorkerLink* known(const std::string& peer, std::uint64_t incarnation, When when, Effects& out);
    void reconcile(WorkerLink& machine, const wire::Hello& hello, bool restarted, wire::Welcome& welcome,
                   When when, Effects& out);
    void give_back_unnamed(WorkerLink& machine, bool restarted, bool was_stopped, When when, Effects& out);
    void give_back_recorded(const std::string& worker, std::string_view why, bool in_order, When when,
                            Effects& out);
    void repeat_drops(WorkerLink& machine, Effects& out);
    void tell_overdue(WorkerLink& machine, When when, Effects& out);
    /// Counts that an attempt of this task ended there without an answer of its program.
    void count_fault(WorkerLink& machine, const TaskId& id, std::string_view reason, When when, Effects& out);
    /// Counts one fault where an attempt ran that the worker's Hello does not name.
    void count_loss(WorkerLink& machine, std::string_view reason, When when, Effects& out);

    // dispatch.cpp: giving out.
    void hand_over(Work& work, WorkerLink& machine, When when, Effects& out);
    static void flush(WorkerLink& machine, Effects& out);
    [[nodiscard]] std::size_t room(const WorkerLink& machine, bool prefetch, Time now) const;
    bool assign_round(bool prefetch, When when, Effects& out);
    // For tasks that have been passed for too long.
    void make_reservations(Time now);
    void assign_reserved(When when, Effects& out);
    [[nodiscard]] WorkerLink* place_of(const Reservation& reservation, Time now);

    // retract.cpp: taking back what another machine could start.
    struct Free {
        const WorkerLink* machine;
        std::size_t slots;
    };
    [[nodiscard]] std::vector<Free> free_slots(Time now) const;
    void retract(When when, Effects& out);
    void retract_from(WorkerLink& machine, std::vector<Free>& free, When when, Effects& out) const;

    // upcoming.cpp: what busy workers may make ready.
    using ToldWorkers = std::unordered_map<TaskId, std::size_t>;  ///< workers that were told of a task
    [[nodiscard]] bool makes_ready(const WorkerLink& machine, Time now) const;
    [[nodiscard]] std::vector<const Work*> next_for(const WorkerLink& machine, std::size_t looked,
                                                    const ToldWorkers& told) const;
    void tell_upcoming(When when, Effects& out);

    // questions.cpp: the orders of administrators.
    void resume(wire::Ordered& answer, When when, Effects& out);
    static void retract_all(WorkerLink& machine, Effects& out);

    // explain.cpp: why a task waits, and where it is.
    [[nodiscard]] std::string why_not_at_present(const Work& work,
                                                 const std::vector<const WorkerLink*>& ready) const;
    [[nodiscard]] std::string why_queued(const Work& work, Time now) const;
    [[nodiscard]] std::string where_held(const Work& work, Time now) const;
};

}  // namespace nias::core
