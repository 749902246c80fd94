/// The promises, as checks that look at every step of a simulated run. A broken one ends the run with
/// a sentence; the seed replays it.
#pragma once

#include <set>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/digest.hpp"
#include "core/dispatch/policy/short_lane.hpp"
#include "wire/messages.hpp"

namespace nias::sim {

struct Broken : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A row of the simulated ledger, as committed.
struct Row {
    Task task;
    std::string client;
    TaskState state = TaskState::queued;
    std::string worker;
    std::string reason;
    std::uint64_t order = 0;
    Attempt issued = 0;          ///< the highest number that a worker was given
    Attempt given = 0;           ///< the highest number that was noted as a worker's
    Attempt begun = 0;           ///< the highest number that was known to run
    std::uint32_t failures = 0;  ///< after which it was queued again
    std::vector<Attempt> open;   ///< earlier numbers that the core says may be taken back
    /// Numbers that went back to the queue as lost from sight, by the rows alone, and were not seen since.
    std::set<Attempt> lost;
    Outcome outcome;
    bool operator==(const Row&) const = default;
};
using Rows = std::unordered_map<TaskId, Row>;

class Checkers {
public:
    /// `ordered`: the control links keep order, as sockets do; some promises need that.
    explicit Checkers(bool ordered) : ordered_(ordered) {}

    void accepted_is_kept(const Rows& rows, const TaskId& id);  // A1, P1
    /// An end never changes, a number that was given away is never forgotten, and an earlier attempt never
    /// takes the place of one that is known to have begun.
    void one_outcome(const Row& before, const Row& after);             // A2, A10, P2: leases may be wrong
    void told_is_durable(const Rows& rows, const wire::Event& event);  // A2
    /// A fault that is counted is one: no orderly stop, no revoked key, no silence shorter than the lease.
    void counts_faults_only(const Row& before, const Row& after) const;
    void attempt_rises(const Rows& rows, const Task& task);  // A3, P3
    void attempt_runs_once(const AttemptRef& attempt);       // A3
    /// A process, told apart by its incarnation, said Retracted: never after the program began there.
    void given_back(const AttemptRef& attempt, std::uint64_t by);
    /// The program begins in a process: never after that one gave it back.
    void begins(const AttemptRef& attempt, std::uint64_t by);
    /// Its worker was stopped while it ran, and has a disk that tells so at its next start.
    void cut_short(const AttemptRef& attempt) { cut_short_.insert(attempt); }
    /// A copy of a key may speak for a worker, and knows nothing of what that one was told.
    void clone_comes() {
        cut_short_.clear();
        has_clone_ = true;
    }
    /// An attempt whose worker came back with it is not dropped while its task waits under its number, nor
    /// while a later one has not begun. The ventilator may have been started again meanwhile.
    void nothing_is_thrown_away(const Rows& rows, const wire::Welcome& welcome) const;
    /// A process whose key was revoked is not taken in again by the ventilator that told it so.
    void revoked(std::uint64_t incarnation) { revoked_.insert(incarnation); }
    void welcomed(std::uint64_t incarnation) const;
    /// The ventilator was told to cancel this task, which lives there.
    void cancelled(const TaskId& id) { cancelled_.insert(id); }
    /// No attempt of a cancelled task is given out any more by the ventilator that was told so. The next one
    /// is told again.
    void is_not_cancelled(const Task& task) const;
    /// The ventilator took back a task that no worker may be given before this time.
    void held_back(const AttemptRef& declined, std::int64_t until_ms) {
        HeldBack& held = held_back_[declined.id];
        if (held.declined < declined.attempt) { held = {declined.attempt, until_ms}; }
    }
    /// A task that is held back is given to nobody before its time by the ventilator that took it back.
    void is_not_held_back(const Task& task, std::int64_t now_ms) const;
    void ventilator_starts() {
        revoked_.clear();
        cancelled_.clear();
        held_back_.clear();
    }
    /// The programs that run at this moment hold no more of a counted resource than the lab has. An attempt
    /// counts while it is the current one: what was given up for lost may run on for a while.
    void counted_within(const Rows& rows, const std::vector<const Task*>& running,
                        const std::vector<CountedResource>& lab) const;
    /// Checks that one worker, which begins tasks as it was given them, has no more long ones than slots for
    /// them.
    void lane_within(const Rows& rows, const std::vector<const Task*>& running, const core::ShortLane& lane,
                     std::uint32_t slots) const;
    void produced(const Outcome& outcome);
    /// `may_be_cancelled`: somebody asked for that, so that it may have failed less often than it is allowed
    /// to.
    void ends_as_produced(const Row& row, bool may_be_cancelled);  // A3, A4, P5
    [[nodiscard]] std::size_t runs() const { return ran_.size(); }
    [[nodiscard]] std::size_t given_back() const { return given_back_.size(); }

private:
    [[nodiscard]] bool may_be_taken_back(const Row& row, Attempt earlier) const;
    void failed_as_often_as_asked(const Row& row, bool may_be_cancelled) const;

    struct HeldBack {
        Attempt declined = 0;  ///< a doubled message about it changes nothing
        std::int64_t until_ms = 0;
    };

    bool ordered_;
    bool has_clone_ = false;
    std::unordered_map<TaskId, Attempt> sent_;
    std::unordered_set<AttemptRef, core::AttemptHash> ran_;
    std::unordered_map<AttemptRef, std::uint64_t, core::AttemptHash> began_;  ///< and the process
    std::unordered_map<AttemptRef, std::uint64_t, core::AttemptHash> given_back_;
    std::unordered_set<AttemptRef, core::AttemptHash> cut_short_;
    std::unordered_set<std::uint64_t> revoked_;       ///< incarnations, by this life of the ventilator
    std::unordered_set<TaskId> cancelled_;            ///< by this life of the ventilator
    std::unordered_map<TaskId, HeldBack> held_back_;  ///< as above
    /// More than one of an attempt only where links do not keep order: then it may run twice, and one of them
    /// is its end.
    std::unordered_map<AttemptRef, std::vector<Outcome>, core::AttemptHash> produced_;
};

}  // namespace nias::sim
