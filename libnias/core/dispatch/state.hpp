/// What dispatch knows, and its changes of a task: the only places where a task's state is set.
/// Private to dispatch*.cpp.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/containers/slab_map.hpp"
#include "core/dispatch/book/ended_tasks.hpp"
#include "core/dispatch/dispatch.hpp"
#include "core/dispatch/machines.hpp"
#include "core/dispatch/policy/counted_pool.hpp"
#include "core/dispatch/policy/fair_queue.hpp"
#include "core/dispatch/policy/reservations.hpp"
#include "core/task_machine.hpp"

namespace nias::core {

/// At most `max` bytes of it, up to the edge of a UTF-8 character.
[[nodiscard]] std::string_view cut(std::string_view text, std::size_t max);

/// What came of an attempt, as the run says it in which it came.
struct Answer {
    const Outcome& outcome;  ///< all but id and output
    std::span<const std::uint8_t> output;
    std::uint64_t alike = 0;  ///< those of one number have the same outcome; 0: no other has

    /// Of a whole outcome, which stays where it is.
    static Answer alone(const Outcome& outcome) { return {outcome, outcome.output, 0}; }
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
          machines(given.short_lane),
          pool(given.resources),
          ended(given.recent_ended_max),
          next_welcome(given.first_welcome) {}

    DispatchOptions options;
    SlabMap<TaskId, Work> works;  ///< the living tasks
    Clients clients;
    Heads heads;
    FairQueue queue;
    Machines machines;
    CountedPool pool;  ///< held by attempts with a worker, and by those in `recovering`
    Reservations reservations;
    EndedTasks ended;
    TaskId newest;  ///< of all that were ever taken: no greater one lives or has ended
    std::uint64_t next_welcome;
    Chain<Work> recovering;  ///< had a worker before the restart; wait for its Hello
    Time recovery_ends;
    Time next_check;
    Time next_retract;
    Time next_reserve;
    Time ticked;
    std::uint32_t now_s = 0;  ///< of the last assign; see Work::since_s
    std::uint64_t next_order = 0;
    std::uint64_t fenced = 0;
    std::uint64_t answered_runs = 0;  ///< runs of outcomes that came: see Answer::alike
    std::size_t first_machine = 0;    ///< whose turn it is in assign

    // tasks.cpp: one task.
    void move(Work& work, TaskEvent event);
    void leave(Work& work);
    void enter_recovering(Work& work);
    static void publish_state(const Work& work, std::string_view text, When when, Effects& out);
    void note_state(const Work& work, When when, Effects& out, bool soft) const;
    /// The worker that says hello, known or new; null: `refusal` says why not.
    Machine* admit(const wire::Hello& hello, std::string& refusal);
    void adopt(Work& work, Machine& machine, When when, Effects& out);
    void end(Work& work, TaskEvent event, const Answer& answer, When when, Effects& out);
    void forget(Work& work);
    /// The attempt is over without an outcome of the program: again with attempt + 1, or its end.
    void give_back(Work& work, TaskEvent event, std::string_view reason, bool fault, When when, Effects& out);
    void give_back_all(Machine& machine, std::string_view reason, When when, Effects& out);
    void settle(Work& work, const Answer& answer, When when, Effects& out);
    /// Whether an outcome of this attempt, passed on for this worker, is the one that is waited for.
    static bool is_current(const Work* work, Attempt attempt, const Machine* reporter);
    void cancel(Work& work, When when, Effects& out);

    // intake.cpp
    void submit(const std::string& client, const wire::Run<Task>& run, When when, Effects& out);
    /// Whether no more tasks of this owner can be taken at present.
    [[nodiscard]] bool is_full(const std::string& owner) const;
    [[nodiscard]] std::string words_of_full(const std::string& owner) const;

    // control.cpp: one worker.
    /// The worker that this connection speaks for; else answered_runs the stranger, and null.
    Machine* known(const std::string& peer, std::uint64_t incarnation, When when, Effects& out);
    void reconcile(Machine& machine, const wire::Hello& hello, bool restarted, wire::Welcome& welcome,
                   When when, Effects& out);

    void repeat_drops(Machine& machine, Effects& out);
    void tell_overdue(Machine& machine, When when, Effects& out);
    /// An attempt of this task ended there by no answer of its program.
    void count_fault(Machine& machine, const TaskId& id, std::string_view reason, Effects& out);
    /// One fault, of what ran there and its Hello has not named.
    void count_loss(Machine& machine, std::string_view reason, Effects& out);

    // dispatch.cpp: giving out.
    void forgive_standstill(Time now);
    void hand_over(Work& work, Machine& machine, When when, Effects& out);
    static void flush(Machine& machine, Effects& out);
    [[nodiscard]] wire::WorkerState standing(const Machine& machine, Time now) const;
    [[nodiscard]] std::size_t room(const Machine& machine, bool prefetch, Time now) const;
    bool assign_round(bool prefetch, When when, Effects& out);
    // For tasks that have been passed for too long.
    void make_reservations(Time now);
    void assign_reserved(When when, Effects& out);
    [[nodiscard]] Machine* place_of(const Reservation& reservation, Time now);

    // retract.cpp: taking back what another machine could start.
    struct Free {
        const Machine* machine;
        std::size_t slots;
    };
    [[nodiscard]] std::vector<Free> free_slots(Time now) const;
    void retract(When when, Effects& out);
    void retract_from(Machine& machine, std::vector<Free>& free, When when, Effects& out) const;

    // questions/explain.cpp
    [[nodiscard]] std::string why_not_at_present(const Work& work,
                                                 const std::vector<const Machine*>& ready) const;
    [[nodiscard]] std::string why_queued(const Work& work, Time now) const;
    [[nodiscard]] std::string where_held(const Work& work, Time now) const;
};

}  // namespace nias::core
