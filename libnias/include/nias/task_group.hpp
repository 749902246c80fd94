/// TaskGroup: many tasks that a program submits as one, and follows, cancels and tries again as one.
/// For sweeps and batches. A resource over a Submitter; thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include <nias/api.hpp>
#include <nias/submitter.hpp>
#include <nias/task.hpp>

namespace nias {
inline namespace v1 {

/// How a group behaves. The defaults: a group of its own, all of it runs, ends are told as they come.
struct TaskGroupOptions {
    /// All zero: a fresh group. Else that of TaskGroup::id() in an earlier life of the program, which submits
    /// the same tasks in the same order again: those that ended are told their ends, those that live are
    /// followed, and none runs twice.
    TaskId id{};
    /// Once more members than this have failed, timed out, been lost or been refused, the rest is cancelled.
    std::uint64_t max_fails = std::numeric_limits<std::uint64_t>::max();
    bool in_order = false;  ///< next() tells ends by index; false: as they come
};

/// The end of one member of a group.
struct MemberEnd {
    std::uint32_t index = 0;  ///< its place among the tasks of the group, from 0 on
    TaskId id;                ///< the id of its task
    /// Its outcome, of any status. An Error says why there is none: `overloaded` or `invalid`: the ventilator
    /// refused it; `not_found`: a ventilator that keeps nothing was restarted and lost it.
    Result<Outcome> outcome;
};

/// How many members of a group stand how.
struct TaskGroupProgress {
    std::uint32_t tasks = 0;      ///< all of them
    std::uint32_t alive = 0;      ///< not ended
    std::uint32_t succeeded = 0;  ///< ended well
    std::uint32_t failed = 0;     ///< by their own answer
    std::uint32_t cancelled = 0;  ///< on request
    std::uint32_t timed_out = 0;  ///< past their time limit
    std::uint32_t lost = 0;       ///< infrastructure failed too often
    std::uint32_t refused = 0;    ///< by the ventilator, or lost by one that keeps nothing
    bool stopped = false;         ///< it was cancelled, or more than max_fails have failed
};

/// A batch of tasks in one call. Their ends are told by next(), and by SubmitterCallbacks::on_ended where
/// there is one. The group holds its tasks, for retry_failed(), and each end until next() has told it; at
/// most 65,536 groups of one Submitter are open at once. Destroying it ends nothing: its tasks go on.
class NIAS_API TaskGroup {
public:
    /// Submits all of them. Waits while the submitter's in_flight_max or unfinished_max is reached: not to be
    /// called from a callback (`invalid`). Each needs an owner and no id, group or group_size: those are set
    /// here. `invalid`: there is none or more than kGroupIndexMax of them, or the message names one and the
    /// field that passes its bound; then nothing was submitted. `conflict`: this group is open in this
    /// submitter already. `unavailable`: the submitter was closed meanwhile; submitted again with the group's
    /// id, it goes on.
    static Result<TaskGroup> submit(Submitter& submitter, std::vector<Task> tasks,
                                    const TaskGroupOptions& options = {});
    /// Takes over the group.
    TaskGroup(TaskGroup&&) noexcept;
    /// Lets go of the group that stood here, then takes over.
    TaskGroup& operator=(TaskGroup&&) noexcept;
    /// Lets go of the group; not while another call waits.
    ~TaskGroup();

    /// The Task::group of its tasks: what a program keeps to find them again after its restart.
    [[nodiscard]] TaskId id() const;
    /// How many members stand how. Never waits.
    [[nodiscard]] TaskGroupProgress progress() const;
    /// The next end, once each; nothing: all members have ended and were told. Waits for one. `unavailable`:
    /// none came within `timeout`, or the submitter was closed; `invalid`: this is a callback.
    Result<std::optional<MemberEnd>> next(std::chrono::milliseconds timeout);
    /// For the program's own loop: readable while next() need not wait, because it has an end to tell, all
    /// were told, or the submitter was closed. It is the group's: to be watched, not read or closed, while
    /// this lives. `unavailable`: no descriptor is left, or the submitter was closed.
    Result<int> descriptor();
    /// Waits until every member has ended. `unavailable` and `invalid` as next().
    Status wait(std::chrono::milliseconds timeout);
    /// Cancels every member that lives; their ends tell which were done before. The request is repeated until
    /// all have ended, for as long as this object lives. Never waits.
    Status cancel();
    /// Submits again every member that has ended and not succeeded, each under an id of its own with the
    /// index that it had; also those of a group that was cancelled, which goes on. How many they were. Their
    /// ends are told once more. A program that starts anew and calls this where its earlier life did tries
    /// nothing twice. Waits, and fails, as submit().
    Result<std::size_t> retry_failed();

private:
    class Impl;
    explicit TaskGroup(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace v1
}  // namespace nias
