/// The worker's brain: credit, the held attempts, which may start, outcomes repeated until settled.
/// Pure: (input, now) → effects. Owned by service/worker's loop thread; driven by tests and tests/sim.
/// Sends go to the ventilator, reports to the sink.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/effects/effects.hpp"

namespace nias::core {

struct ExecuteOptions {
    std::string worker;
    std::uint64_t incarnation = 0;
    std::string host;
    std::uint32_t slots = 1;
    std::uint32_t window = 1;    ///< tasks held (waiting + running) at once; at least `slots`
    std::uint32_t ahead = 0;     ///< tasks handed to the shell beyond its slots, to begin without asking
    bool keeps_outcomes = true;  ///< false: the shell has no outbox, and `keep` stays empty
    std::uint32_t cpus = 1;
    std::uint32_t gpus = 0;
    std::uint64_t memory_bytes = 0;
    std::vector<std::string> runtimes;
    std::string home;                 ///< as in wire::Hello
    std::string version;              ///< version of the software, for people
    std::vector<std::string> labels;  ///< the administrator's words for people
    bool was_stopped = false;         ///< the life before this one was stopped in order
    std::uint32_t prepares = 0;       ///< as in wire::Hello
    Duration repeat_outcomes = std::chrono::seconds(1);
    /// A Hello that was not answered is said again: the one of the start after kFirstRepeat, then after twice
    /// as long each time, up to `repeat_hello`; every later one after `repeat_hello`.
    Duration repeat_hello = std::chrono::seconds(1);
    Duration repeat_goodbye = std::chrono::milliseconds(200);
};

/// Outcomes for the sink. They stay the core's: the shell encodes or copies them before the core's next step.
struct SendReport {
    std::string worker;
    std::vector<const wire::Run<Outcome>*> outcomes{};
    std::size_t items = 0;  ///< number of outcomes in all runs
    std::size_t bytes = 0;  ///< upper bound of what they add to a frame
};

/// The acts of the shell besides sending: run a task on a free slot, stop one, keep or forget an outcome.
/// Outcomes in `keep` are durable in the outbox before any Send of the same step leaves.
struct ExecuteEffects {
    std::vector<wire::Message> sends;
    std::vector<SendReport> reports;
    wire::Runs<Task> run;          ///< tasks to run, at most the free slots and `ahead`
    std::vector<AttemptRef> stop;  ///< to be stopped; each still comes back through finished()
    /// Attempts that were handed over and may not have begun. The shell recalls those that have not, and
    /// tells recalled().
    std::vector<AttemptRef> recall;
    /// Queued tasks that this worker may be given next, in place of those before; nothing: no news. What was
    /// made ready for a task that is neither here nor held is thrown away.
    std::optional<std::vector<Task>> upcoming;
    std::vector<Outcome> keep;
    std::vector<AttemptRef> forget;
    std::vector<std::string> notices;   ///< lines for the log of this machine's administrator
    std::vector<std::string> followed;  ///< lines about attempts whose tasks name their request
    bool welcomed = false;  ///< the ventilator knows by now whether the last life was stopped in order
    void clear() {
        sends.clear();
        reports.clear();
        run.clear();
        stop.clear();
        recall.clear();
        upcoming.reset();
        keep.clear();
        forget.clear();
        notices.clear();
        followed.clear();
        welcomed = false;
    }
};

class Execute {
public:
    explicit Execute(const ExecuteOptions& options);
    ~Execute();
    Execute(const Execute&) = delete;
    Execute& operator=(const Execute&) = delete;

    /// Takes over the unsettled outcomes that are in the outbox at the start.
    void restore(const std::vector<Outcome>& unsettled);
    /// Says Hello for the first time.
    void start(Time now, ExecuteEffects& out);

    void on(const wire::Welcome& welcome, Time now, ExecuteEffects& out);
    void on(const wire::Refused& refused, Time now, ExecuteEffects& out);
    void on(wire::Tasks tasks, Time now, ExecuteEffects& out);
    void on(const wire::Beat& beat, Time now, ExecuteEffects& out);
    void on(const wire::Rehello& rehello, Time now, ExecuteEffects& out);
    void on(const wire::Drop& drop, Time now, ExecuteEffects& out);
    void on(const wire::Retract& retract, Time now, ExecuteEffects& out);
    void on(const wire::Upcoming& upcoming, Time now, ExecuteEffects& out);
    void on(const wire::Settled& settled, Time now, ExecuteEffects& out);
    void on(const wire::Goodbye& goodbye, Time now, ExecuteEffects& out);

    /// The shell says that the program of this attempt runs.
    void started(const AttemptRef& attempt, Time now, ExecuteEffects& out);
    /// The shell answers the effect `recall`: the first had not begun and were recalled, the others have
    /// begun.
    void recalled(const std::vector<AttemptRef>& taken, const std::vector<AttemptRef>& begun,
                  ExecuteEffects& out);
    /// The shell says that the handlers of these attempts have returned. Their slots are free.
    void finished(const wire::Runs<Outcome>& outcomes, Time now, ExecuteEffects& out);
    void tick(Time now, ExecuteEffects& out);         ///< beats, repeats; call after patience() at the latest
    [[nodiscard]] Duration patience(Time now) const;  ///< until the next tick; at most 100 ms
    void load(std::uint32_t percent);                 ///< notes this host's load for the next Beats
    void clock(std::int64_t unix_ms);                 ///< notes this host's clock, for people
    /// Ends the conversation after the shell has stopped what ran. From here on nothing but Goodbye and
    /// outcomes is said; tick() repeats the Goodbye until it is answered.
    void leave(const std::string& reason, Time now, ExecuteEffects& out);
    /// Grants no more credit, and declines the tasks that have not begun, with those that the shell was
    /// handed and has recalled. Those that have begun finish.
    void drain(const std::vector<AttemptRef>& recalled, Time now, ExecuteEffects& out);

    /// The shell says why this host can begin nothing at present; empty where it can. Meanwhile no credit is
    /// granted, and every task that comes, has not begun or could not be run is declined, so that it uses up
    /// no attempt. `recalled` are attempts that the shell was handed and has recalled. This machine offers
    /// other runtimes than before: it says hello again, and keeps what it holds.
    void offer(std::vector<std::string> runtimes, Time now, ExecuteEffects& out);
    void rest(const std::string& reason, const std::vector<AttemptRef>& recalled, ExecuteEffects& out);

    [[nodiscard]] bool drained() const;  ///< draining, nothing held, nothing unsettled
    [[nodiscard]] std::size_t held() const;
    [[nodiscard]] std::vector<TaskId> running() const;  ///< tasks that were handed to the shell
    [[nodiscard]] std::size_t unsettled() const;
    [[nodiscard]] const std::string& refusal() const;        ///< the ventilator's sentence; empty: none
    [[nodiscard]] wire::WorkerRefusal refusal_code() const;  ///< code of the refusal
    [[nodiscard]] bool has_left() const;                     ///< leave() was answered
    void check_invariants() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace nias::core
