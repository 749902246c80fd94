/// Which tasks exist and how they ended: `ledger.db`. The ventilator is its single writer (decision 2);
/// httpfront and cli open it read-only. One thread at a time each object.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nias/task.hpp>

#include "store/ledger/usage.hpp"
#include "wire/messages.hpp"
#include "wire/runs.hpp"

namespace nias::store {

/// One row: the task, where it stands, and what is shown of its end.
struct TaskRecord {
    Task task;           ///< `attempt` is the current one
    std::string client;  ///< submitter that is told of it
    TaskState state = TaskState::queued;
    std::string worker;  ///< machine of the current or last attempt
    std::string reason;  ///< history of lost attempts, or why it ended
    std::int64_t submitted_unix_ms = 0;
    std::int64_t started_unix_ms = 0;  ///< 0: not yet
    std::int64_t ended_unix_ms = 0;    ///< 0: not yet
    std::optional<Outcome> outcome;    ///< set once ended by an outcome
    Attempt issued = 0;                ///< highest number given to a worker, where over `task.attempt`
    std::uint32_t failures = 0;        ///< failed outcomes after which it was queued again
    std::vector<Attempt> open = {};    ///< earlier attempts that may be taken back, oldest first
    std::int64_t deleted_unix_ms =
        0;                          ///< since when it is out of the lists; 0: it is in them. Readers fill it
    std::int64_t gone_unix_ms = 0;  ///< when all that is kept of it goes; 0: it stays. Readers fill it
    bool operator==(const TaskRecord&) const = default;
};

/// A change of a task that is in the ledger.
struct TaskChange {
    TaskId id;
    TaskState state = TaskState::queued;
    Attempt attempt = 1;
    std::string worker;
    std::string reason;
    std::int64_t unix_ms = 0;  ///< start or end time, by state
    Attempt issued = 0;        ///< as in TaskRecord, and so are the next two
    std::uint32_t failures = 0;
    std::vector<Attempt> open = {};
    bool operator==(const TaskChange&) const = default;
};

/// The order of an administrator about a worker, until it is resumed.
struct WorkerOrder {
    std::string worker;
    wire::OrderKind kind = wire::OrderKind::pause;  ///< `resume` takes the order back
    std::string reason;
    std::int64_t unix_ms = 0;
    bool operator==(const WorkerOrder&) const = default;
};

/// Tasks that were accepted, and ends, as they are written: runs of those that are alike. They point at what
/// is the caller's.
struct AcceptedTasks {
    const wire::Run<Task>* tasks = nullptr;
    std::string_view client;
    std::int64_t unix_ms = 0;
};
struct EndedTasks {
    TaskState state = TaskState::succeeded;
    Attempt attempt = 1;
    std::string_view worker;
    std::string_view reason;
    std::int64_t unix_ms = 0;
    const wire::Run<Outcome>* outcomes = nullptr;
    bool told = true;  ///< false: they ended without outcomes; only the ids count
};

struct ListQuery {
    std::optional<std::string> owner{};
    std::optional<TaskState> state{};
    std::string text{};              ///< part of the name; empty: any
    std::optional<TaskId> before{};  ///< page on from here, newest first
    std::size_t limit = 50;          ///< at most 1000
    TaskId group{};                  ///< all zero: of any group, or of none
    bool alive = false;              ///< only those that have not ended
    bool forgotten = false;          ///< only those that are forgotten and not yet gone; else none of them
};

struct QueueCounts {
    std::uint64_t queued = 0;
    std::uint64_t running = 0;
    std::uint64_t ended = 0;
};

/// A task that waits for a worker.
struct WaitingTask {
    TaskId id;
    std::int64_t submitted_unix_ms = 0;
    bool operator==(const WaitingTask&) const = default;
};

/// A task that a worker has.
struct HeldTask {
    TaskId id;
    TaskId group;  ///< all zero: of none
    std::string name;
    std::string worker;
    TaskState state = TaskState::assigned;  ///< or `running`
    bool operator==(const HeldTask&) const = default;
};

/// The waiting part of one job: a task, or the waiting tasks of a group.
struct WaitingJob {
    TaskId first;             ///< the first of them in line
    TaskId group;             ///< all zero: of none
    std::uint64_t tasks = 0;  ///< how many wait
    std::uint64_t place = 0;  ///< queued tasks before the first of them
    bool operator==(const WaitingJob&) const = default;
};

/// The line as one owner sees it.
struct WaitingLine {
    std::vector<WaitingJob> jobs;  ///< the owner's, the first in line first
    std::uint64_t own = 0;         ///< tasks of `jobs`
    std::uint64_t queued = 0;      ///< tasks of all owners
};

/// How many tasks of a group stand in each state.
struct GroupCounts {
    std::array<std::uint64_t, kTaskStates.size()> tasks{};  ///< by TaskState
    [[nodiscard]] std::uint64_t in(TaskState state) const {
        return tasks.at(static_cast<std::size_t>(state));
    }
    [[nodiscard]] std::uint64_t all() const {
        return std::accumulate(tasks.begin(), tasks.end(), std::uint64_t{0});
    }
    bool operator==(const GroupCounts&) const = default;
};

struct ForgetChange;  // forgotten/forgotten.hpp

/// The state of a whole: while members live, `queued` until the first has begun, then `running`; at the end
/// the worst that became of one.
[[nodiscard]] TaskState state_of(const GroupCounts& counts);

/// A group as a whole.
struct GroupStanding {
    GroupCounts counts;
    std::int64_t started_unix_ms = 0;  ///< when the first of its tasks began; 0: none has
    std::int64_t ended_unix_ms = 0;    ///< when the last of its ended tasks ended; 0: none has
    bool operator==(const GroupStanding&) const = default;
};

/// A task of a group in short.
struct MemberRow {
    TaskId id;  ///< its last four bytes are the place in the group
    TaskState state = TaskState::queued;
    Attempt attempt = 1;
    std::string worker;
    std::string reason;
    std::int64_t started_unix_ms = 0;  ///< 0: not yet
    std::int64_t ended_unix_ms = 0;    ///< 0: not yet; else by the clock that told when it began
    std::optional<BlobRef> output;     ///< output.zip of a job
    bool operator==(const MemberRow&) const = default;
};

struct MemberQuery {
    TaskId group;
    std::optional<TaskState> state{};
    std::optional<TaskId> after{};  ///< page on from this task, in the order of the ids
    std::size_t limit = 100;
    bool forgotten = false;  ///< only those that are deleted and not yet gone; else none of them
};

/// Writer's side. Every call between begin() and commit() is one transaction (group commit).
class Ledger {
public:
    /// Creates or opens `<data_dir>/ledger.db` (WAL, synchronous=FULL). `corrupt` names the damage.
    static Result<Ledger> open(const std::string& data_dir);
    Ledger(Ledger&&) noexcept;
    Ledger& operator=(Ledger&&) noexcept;
    ~Ledger();

    [[nodiscard]] Status begin();
    [[nodiscard]] Status add(
        std::span<const AcceptedTasks> accepted);        ///< adds tasks that are not in the ledger
    [[nodiscard]] Status add(const TaskRecord& record);  ///< one that may have gone further
    [[nodiscard]] Status change(const TaskChange& change);
    [[nodiscard]] Status end(std::span<const EndedTasks> ended);
    [[nodiscard]] Status end(const TaskChange& change, const std::optional<Outcome>& outcome);
    [[nodiscard]] Status order(const WorkerOrder& order);
    [[nodiscard]] Status forget(std::span<const ForgetChange> changes);  ///< after the ends
    [[nodiscard]] Status commit();                                       ///< durable when it returns ok

    [[nodiscard]] Result<std::optional<TaskRecord>> find(const TaskId& id);
    /// The largest id that was ever added and is not dropped; all zero: there is none.
    [[nodiscard]] TaskId newest() const;
    /// The orders about all workers that are paused or drained, by name.
    [[nodiscard]] Result<std::vector<WorkerOrder>> orders();
    /// Gives every task that has not ended, oldest first: what a ventilator starts from. One at a time, for
    /// there may be a million. `take` leaves the ledger alone: it is being read.
    [[nodiscard]] Status each_alive(const std::function<void(TaskRecord)>& take);

private:
    struct State;
    explicit Ledger(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// The id before which the next page of list_groups_once() begins, where it ended with this task.
[[nodiscard]] TaskId page_end(const Task& last);

/// Reader's side: read-only, in any process; sees what has been committed.
class LedgerReader {
public:
    /// `not_found` where no ventilator has yet run on this data directory.
    static Result<LedgerReader> open(const std::string& data_dir);
    LedgerReader(LedgerReader&&) noexcept;
    LedgerReader& operator=(LedgerReader&&) noexcept;
    ~LedgerReader();
    /// All that is read until end() is of one moment, and takes the file's locks once.
    [[nodiscard]] Status begin();
    [[nodiscard]] Status end();
    [[nodiscard]] Result<std::optional<TaskRecord>> find(const TaskId& id);
    [[nodiscard]] Result<std::vector<TaskRecord>> list(const ListQuery& query);
    /// As fast with a million tasks as with one.
    [[nodiscard]] Result<QueueCounts> counts();
    /// The task that has waited longest, of those with ids from `from` on and of those that were given back.
    /// Passes over every ended task from there, about a microsecond each. Nullopt: none waits.
    [[nodiscard]] Result<std::optional<WaitingTask>> oldest_waiting(const TaskId& from);
    /// How often tasks were deleted, brought back or erased: while it stays, so does what is told of groups
    /// whose tasks have all ended.
    [[nodiscard]] Result<std::uint64_t> forgets();
    /// Tasks of this owner, or of all, that workers have; `limit` at most, oldest first.
    [[nodiscard]] Result<std::vector<HeldTask>> held(const std::optional<std::string>& owner,
                                                     std::size_t limit);
    /// The waiting jobs of this owner, or of all. Reads no task older than the first in line, and the newest
    /// kLineMax of a longer line.
    [[nodiscard]] Result<WaitingLine> waiting(const std::optional<std::string>& owner);
    static constexpr std::uint64_t kLineMax = 100'000;
    /// All zero where no task was ever of this group.
    [[nodiscard]] Result<GroupCounts> counts_of(const TaskId& group);
    /// As counts_of(), with the times of the whole. `forgotten`: of those tasks alone that are deleted and
    /// not gone.
    [[nodiscard]] Result<GroupStanding> standing_of(const TaskId& group, bool forgotten = false);
    /// Tasks of a group by their ids, smallest first.
    [[nodiscard]] Result<std::vector<MemberRow>> members(const MemberQuery& query);
    /// As list(), with one task for each group: the first found of those that the group was made with. What
    /// was submitted for it again later is passed over. The next page begins before page_end() of the last.
    [[nodiscard]] Result<std::vector<TaskRecord>> list_groups_once(const ListQuery& query);
    [[nodiscard]] Result<std::vector<OwnerUsage>> usage();
    /// Tasks that ended before this moment and are not deleted, oldest first.
    [[nodiscard]] Result<std::vector<TaskId>> ended_before(std::int64_t unix_ms, std::size_t limit);
    /// Whether a task of this owner has the bundle; one that is deleted counts until it is gone.
    [[nodiscard]] Result<bool> has_sent(const std::string& owner, const BlobHash& bundle);
    /// How many queued tasks were submitted before this one.
    [[nodiscard]] Result<std::uint64_t> place_in_line(const TaskId& id);

private:
    [[nodiscard]] Result<WaitingLine> read_line(const std::optional<std::string>& owner);
    struct State;
    explicit LedgerReader(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace nias::store
