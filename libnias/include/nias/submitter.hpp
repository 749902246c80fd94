/// Submitter: gives tasks to a ventilator, durably, and hears how they ended.
/// For httpfront, the command line and any C++ program. A resource; thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include <nias/api.hpp>
#include <nias/in_process.hpp>
#include <nias/task.hpp>

namespace nias {
inline namespace v1 {

/// Which ventilator a Submitter gives tasks to. Addresses are ipc://, or tcp://: on the loopback alone
/// without keys, and encrypted with them.
struct SubmitterOptions {
    std::string intake = "tcp://127.0.0.1:5555";   ///< the ventilator's intake
    std::string control = "tcp://127.0.0.1:5556";  ///< the ventilator's control, asked about tasks
    std::string events = "tcp://127.0.0.1:5557";   ///< the ventilator's events
    /// Tasks not yet accepted, 1 to 10,000,000; submit() waits past this.
    std::size_t in_flight_max = 65536;
    /// Tasks that have not ended; submit() waits past this as well; at most 10,000,000. 0: any.
    std::size_t unfinished_max = 0;
    /// Unanswered Submits and silent tasks are asked again after this; 1 ms to an hour. Until the ventilator
    /// has answered for a task once, the first Submit is sent again after 10 ms already, then after twice as
    /// long each time.
    std::chrono::milliseconds repeat_after{1000};
    std::string keys{};  ///< file of this submitter's Keys
    /// The sink's address for store() and fetch(); empty: there are none.
    std::string bulk = "tcp://127.0.0.1:5559";
    /// Callbacks come in dispatch() alone, on the thread that calls it; false: on the submitter's own thread.
    bool dispatched = false;
    std::shared_ptr<const InProcess> in_process{};  ///< set by a Pipeline; empty elsewhere
};

/// Called on the submitter's own thread: while one runs nothing is sent or heard, so keep it short. From it
/// submit_async(), submit_future(), cancel(), status() and close() may be called; submit() and wait() answer
/// `invalid`. Whatever it throws is caught, logged, and told by status().
struct SubmitterCallbacks {
    /// The ventilator has it: durable, where the ventilator is (A1).
    std::function<void(const TaskId&)> on_accepted{};
    /// The ventilator refused it. `overloaded`: the queue is full, try later; `conflict`: another task has
    /// its id; `invalid`: it cannot be taken as it is.
    std::function<void(const TaskId&, const Error& why)> on_rejected{};
    /// The task's one outcome. `state` is an ended state; a `lost` task has its reasons in outcome.error.
    std::function<void(const TaskId&, TaskState state, const Outcome& outcome)> on_ended{};
};

/// One task, as the ventilator has it.
struct TaskInfo {
    TaskId id;                       ///< its id
    TaskState state{};               ///< where it stands
    Attempt attempt = 0;             ///< its current try
    TaskId group;                    ///< its Task::group; all zero: none
    std::uint32_t group_size = 0;    ///< tasks of that group; 0: it is not said
    std::string owner;               ///< for whom it is done
    std::string name;                ///< its TaskSpec::name
    std::string text;                ///< why it ended; else its worker, or its history
    std::int64_t ended_unix_ms = 0;  ///< by the ventilator's clock; 0: it has not, or that is not known
    std::uint32_t failures = 0;      ///< outcomes `failed` after which it was queued again
    bool operator==(const TaskInfo&) const = default;
};

/// The tasks that Submitter::list() tells.
struct TaskFilter {
    TaskId group{};       ///< all zero: of any, or of none; then only those that have not ended are told
    std::string owner{};  ///< empty: of any
    bool alive = false;   ///< only those that have not ended
};

/// Outcomes that a submitter without on_ended keeps for wait(); the oldest is forgotten first.
inline constexpr std::size_t kKeptOutcomesMax = 65536;

/// Repeats each task until it is accepted, and asks about it until it has ended, on a thread of its own.
class NIAS_API Submitter {
public:
    /// Starts; the ventilator may start later. `invalid`: an option out of its bounds, not an address that
    /// may be used, or keys that cannot be.
    static Result<Submitter> open(const SubmitterOptions& options, SubmitterCallbacks callbacks = {});
    /// Takes over the thread and its callbacks.
    Submitter(Submitter&&) noexcept;
    /// Closes the submitter that stood here, then takes over.
    Submitter& operator=(Submitter&&) noexcept;
    /// Closes it and ends its thread; not to be called from a callback, nor while another call waits. In a
    /// forked child it ends nothing and frees nothing.
    ~Submitter();

    /// Submits and waits until the ventilator has accepted: durable when it returns (A1). An all-zero id
    /// is replaced by a fresh one. `overloaded`: refused, try later. `unavailable`: no answer within
    /// `timeout`, and the message says why, as far as it is known; the same task may be submitted again, with
    /// the same id. `invalid`: the message names the field that passes its bound; or this is a callback.
    /// `conflict`: another task with this id lives. After fork() every call in the child is `invalid`.
    Result<TaskId> submit(Task task, std::chrono::milliseconds timeout = std::chrono::seconds(30));
    /// Queues for sending; the callbacks tell. Waits while in_flight_max tasks are unanswered, or
    /// unfinished_max have not ended; from a callback it does not wait. `invalid`,
    /// `conflict` and `unavailable` as submit(); a ventilator's refusal comes by on_rejected.
    Result<TaskId> submit_async(Task task);
    /// Queues for sending, as submit_async() does; the future holds the task's one outcome, of any status.
    /// It always becomes ready. An Error says why there is no outcome: `overloaded` or `invalid`: refused;
    /// `unavailable`: not accepted within `accepted_within`, or this submitter was closed first (the task may
    /// go on: the same id submitted again is the same task); `not_found`: a ventilator that keeps nothing was
    /// restarted and lost it. Once a task is accepted there is no limit of time. Dropping the future is fine.
    std::future<Result<Outcome>> submit_future(
        Task task, std::chrono::milliseconds accepted_within = std::chrono::seconds(30));
    /// Queues for sending, as submit_future() does; `then` is called once, with what the future would hold,
    /// where callbacks are called. So it is after close() too, with `unavailable`: by the submitter's thread,
    /// or by the next dispatch(). An Error that is returned here is not told again.
    Result<TaskId> submit_then(Task task, std::function<void(Result<Outcome>)> then,
                               std::chrono::milliseconds accepted_within = std::chrono::seconds(30));
    /// For the program's own loop, where the options are `dispatched`: readable while dispatch() has
    /// something to call. It is the submitter's: to be watched, not read or closed, while this lives. -1:
    /// they are not.
    [[nodiscard]] int descriptor() const noexcept;
    /// Calls back for all that has come since the last time, on this thread, and returns how many callbacks
    /// those were; 0 where the options are not `dispatched`. Never waits for anything but the callbacks. One
    /// thread at a time. From these callbacks every call is allowed, but those that wait hold up the loop.
    std::size_t dispatch();
    /// Waits for the outcome of any task: one that this submitter submitted, or else the ventilator is asked.
    /// An outcome that was told by on_ended or a future, or is older than the last kKeptOutcomesMax, is asked
    /// for again. `unavailable`: it has not ended within `timeout`, or this submitter was closed;
    /// `not_found`: the ventilator does not know it (any more); `invalid`: this is a callback.
    Result<Outcome> wait(const TaskId& id, std::chrono::milliseconds timeout);
    /// Gives the sink a file, durable there when this returns, where the sink is; its BlobRef may travel as
    /// Task::bundle or in a payload. The file is not to change meanwhile. Waits, on the caller's thread, as
    /// long as the sink answers within `patience`: not to be called from a callback (`invalid`). `not_found`:
    /// the file cannot be read; `invalid`: no `bulk` address; `unavailable`: the sink is silent or keeps no
    /// blobs, or this submitter was closed.
    Result<BlobRef> store(const std::string& path,
                          std::chrono::milliseconds patience = std::chrono::seconds(30));
    /// Writes a blob into a file: beside it first, then in its place, so that what is there stays as it is
    /// unless the whole blob has come. Waits as store() does. `not_found`: the sink has no such blob;
    /// `corrupt`: it arrived damaged; `invalid`: `path` is a folder; `unavailable`: the file cannot be
    /// written, or as for store().
    Status fetch(const BlobRef& blob, const std::string& path,
                 std::chrono::milliseconds patience = std::chrono::seconds(30));
    /// The tasks that the ventilator has, whoever submitted them, the one with the largest id first. With a
    /// group those that have ended are told too, where the ventilator keeps a ledger. Waits for as many
    /// answers as it takes, 256 tasks each. `unavailable`: one of them did not come within `patience`, or
    /// this submitter was closed; `invalid`: this is a callback.
    Result<std::vector<TaskInfo>> list(const TaskFilter& filter,
                                       std::chrono::milliseconds patience = std::chrono::seconds(30));
    /// Where any task stands. `not_found`: the ventilator does not know it (any more). `unavailable` and
    /// `invalid` as list().
    Result<TaskState> state(const TaskId& id, std::chrono::milliseconds patience = std::chrono::seconds(30));
    /// Where a task stands and what it waits for, in a sentence for a person; below it a line for each
    /// attempt that was lost or failed. `not_found`: it neither lives nor ended lately. `unavailable` and
    /// `invalid` as list().
    Result<std::string> explain(const TaskId& id,
                                std::chrono::milliseconds patience = std::chrono::seconds(30));
    /// Asks that the task end; its outcome tells whether it did so before it was done.
    Status cancel(const TaskId& id);
    /// Asks that every task of a group end that lives now, whoever submitted it. Sent once: submit no more of
    /// the group meanwhile, or ask again. TaskGroup::cancel() repeats it for a group of this program.
    Status cancel_group(const TaskId& group);
    /// Good, or `internal`: a callback threw, with its words and how often; `unavailable`: it was closed. Any
    /// thread, callbacks included.
    [[nodiscard]] Status status() const;
    /// Ends the thread's work: all who wait are answered with `unavailable`, no callback begins any more, and
    /// every later call is `unavailable`. Any thread, callbacks included; a second call does nothing.
    void close() noexcept;

private:
    friend class TaskGroup;
    class Impl;
    explicit Submitter(std::shared_ptr<Impl> impl);
    void end() noexcept;
    std::shared_ptr<Impl> impl_;  ///< shared with its groups
};

}  // namespace v1
}  // namespace nias
