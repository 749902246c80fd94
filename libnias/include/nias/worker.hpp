/// Worker: pulls tasks from a ventilator, runs a handler on them, keeps each outcome until it is settled.
/// For nias-worker and for programs with their own handler. A resource.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <nias/api.hpp>
#include <nias/in_process.hpp>
#include <nias/task.hpp>

namespace nias {
inline namespace v1 {

/// Where a worker's handlers run.
enum class Isolation : std::uint8_t {
    /// On threads of the worker's process, which share its memory: the fastest. A handler that crashes ends
    /// them all, and one that hangs keeps its slot.
    threads = 0,
    /// Each attempt in a process of its own. A crash ends that attempt alone, with the signal named; one that
    /// does not stop when it is to is killed after `grace_ms`, with all that it has started; Usage tells its
    /// processor time and memory. A task's `memory_bytes`, if it has any, bounds the memory of its process's
    /// own that is added to what the program had (RLIMIT_DATA). See Worker::run() for what a handler has
    /// there.
    process = 1,
};

class Context;

/// The server that a Worker works for, and how much it takes on. Addresses are ipc://, or tcp://: on the
/// loopback alone without keys, and encrypted with them.
struct WorkerOptions {
    std::string control = "tcp://127.0.0.1:5556";   ///< the ventilator's control
    std::string outcomes = "tcp://127.0.0.1:5558";  ///< the sink's outcomes
    std::string bulk = "tcp://127.0.0.1:5559";      ///< the sink's bulk channel
    /// Kept across restarts, at most 200 printable ASCII letters without `/`; empty: the host's name.
    std::string name{};
    std::uint32_t slots = 1;                   ///< handlers that run at once, a thread each; 1 to 1,024
    Isolation isolation = Isolation::threads;  ///< where handlers run
    /// Milliseconds that a handler may go on once Context::cancelled() is true, then its process is killed;
    /// at most 600,000. For Isolation::process alone: a thread cannot be ended.
    std::uint32_t grace_ms = 1000;
    /// Tasks held at once, as many as slots to 16,384; 0: as many as slots (prefetch 0).
    std::uint32_t window = 0;
    std::uint32_t cpus = 0;               ///< 0: what the host has
    std::uint64_t memory_bytes = 0;       ///< 0: what the host has
    std::vector<std::string> runtimes{};  ///< announced to the ventilator; at most 32, each a name
    /// Folder of unsettled outcomes, of this worker alone; empty: in memory only.
    std::string outbox{};
    std::string shared_blobs{};  ///< data directory of the sink where this host sees it
    /// After stop() held tasks may end this long; at most 604,800, a week.
    std::uint32_t drain_timeout_s = 600;
    /// After stop(), once no task runs, outcomes may go unsettled this long without one that is settled: then
    /// the ventilator or the sink is taken to be gone. At most 604,800.
    std::uint32_t settle_timeout_s = 15;
    std::string keys{};  ///< file of this worker's Keys, whose name is its `name`
    /// Says in a sentence why this host can run nothing just now, as for want of disk; empty: it can. Asked
    /// on the thread of run() every few seconds, and when a task could not be run; takes milliseconds and
    /// throws nothing. Meanwhile the worker asks for no tasks, and gives those back, as no attempt, that have
    /// not begun or could not be run. Null: nothing is ever missing.
    std::function<std::string()> unfit{};
    /// Gives the runtimes anew, as `runtimes`. Asked on the thread of run() every few seconds; where they
    /// have changed the ventilator is told. Takes milliseconds and throws nothing. Null: they stay as they
    /// are.
    std::function<std::vector<std::string>()> offers{};
    /// Makes a task ready that this worker may be given next, such as by fetching what it needs: called for
    /// as many tasks as there are slots, at most 16, while the worker is busy. On a thread of its own, one
    /// task at a time; throws nothing. Nothing is promised by it: the task may start elsewhere, be cancelled,
    /// or come while this still runs. cancelled() of the Context says that it is not expected any more; of
    /// the rest fetch() alone does anything. Not for Isolation::process. Null: no tasks are told before they
    /// are given.
    std::function<void(const Task&, Context&)> prepare{};
    /// Throws away what prepare() made for this task and its handler did not use, if anything. Set with
    /// `prepare`. On a thread of its own, also while prepare() runs; throws nothing. What is there when run()
    /// returns is the program's.
    std::function<void(const TaskId&)> unprepare{};
    std::vector<std::string> labels{};  ///< for people, at most 32 of 64 bytes: «room 4», «Ana's»
    /// Names a lock that this process holds as long as it lives. A worker of the same name and home may take
    /// its name at once; without one the ventilator first asks whether the other lives. At most 200 bytes.
    std::string home{};
    std::shared_ptr<const InProcess> in_process{};  ///< set by a Pipeline; empty elsewhere
};

/// The pipeline as a running handler sees it. Any thread of the handler; valid until it returns.
class NIAS_API Context {
public:
    /// The worker owns it; a handler never destroys one.
    virtual ~Context() = default;
    /// Stop soon: cancelled, superseded, or (in run(), not in run_jobs()) past the task's time limit.
    [[nodiscard]] virtual bool cancelled() const = 0;
    /// The program itself runs. In run() it is told without this call once a handler has run for 0.2 s.
    virtual void started() = 0;
    virtual void log(std::string_view bytes) = 0;  ///< next bytes of the task's log
    /// How far the task is, 0 to 1, and a line of at most 512 bytes. Latest wins; some may be lost.
    virtual void progress(double fraction, std::string_view text) = 0;
    /// Writes the blob into a file: beside it first, then in its place. What is there stays as it is unless
    /// the whole blob has come. Waits until the sink has answered, or cancelled() says stop. `not_found`: the
    /// sink has no such blob; `invalid`: `path` is a folder; `unavailable`: the file cannot be written, or
    /// the task is to stop.
    virtual Status fetch(const BlobRef& blob, const std::string& path) = 0;
    /// Durable at the sink when it returns. The file is not to change meanwhile.
    virtual Result<BlobRef> store(const std::string& path) = 0;
    /// The blob becomes the task's Outcome::output_blob, if it succeeds, besides what the handler returns.
    /// The last call counts. `blob` is what store() returned.
    virtual void give(const BlobRef& blob) = 0;
    /// Shows a file of the running task, such as a figure, as it is at the moment, to those who watch the
    /// task: 1 byte to 2 MiB, under a name of 1 to 200 bytes that may be a path; a task shows 32 names. It
    /// replaces what was shown by that name, and is forgotten at the task's end or after half an hour. Does
    /// not wait for the sink, and may be lost with it. `overloaded`: the file before it is on its way still,
    /// try again later; `invalid`: name, size or number is out of its bounds; `unavailable`: the file cannot
    /// be read.
    virtual Status show_file(std::string_view name, const std::string& path) = 0;
};

/// A loop that beats, inside run(), and a thread a slot for handlers. run() on one thread, which may be
/// another than that of open().
class NIAS_API Worker {
public:
    /// Returns the inline output, or an Error: the task `failed` with its message, of which 4 KiB are kept.
    /// An exception of any type fails the task too. A handler does not end its thread (pthread_exit).
    using Handler = std::function<Result<Bytes>(const Task&, Context&)>;
    /// Fills everything of the outcome but id, attempt and worker. Exceptions are as those of a Handler.
    using JobHandler = std::function<Outcome(const Task&, Context&)>;

    /// Connects; ventilator and sink may start later. `invalid`: an option out of its bounds, not an address
    /// that may be used, or keys that cannot be; `conflict`: another worker has the outbox, and who that is;
    /// `unavailable`: the outbox cannot be written.
    static Result<Worker> open(const WorkerOptions& options);
    /// Takes over the sockets.
    Worker(Worker&&) noexcept;
    /// Ends what stood here, then takes over.
    Worker& operator=(Worker&&) noexcept;
    /// Closes its sockets. run() has returned before.
    ~Worker();

    /// Runs until stop(), then drains: no new work, held tasks finish, outcomes settle. The drain is over
    /// when all is settled, after `drain_timeout_s`, or once nothing was settled for `settle_timeout_s`; what
    /// is left then stays in the outbox, or runs again elsewhere, which counts as no attempt. A task that
    /// ends past its time limit has `timed_out`, whatever its handler returned; on a thread, a handler that
    /// does not ask Context::cancelled() is not interrupted, and is waited for. `invalid`: an empty handler;
    /// `conflict`: refused until a person acts, since its key was revoked or another machine has its name;
    /// `unavailable`: refused for the time being, the outbox cannot be written, or the process that starts
    /// isolated handlers could not be started or has ended.
    ///
    /// With Isolation::process, run() forks a process first, and that one forks each attempt. A handler has
    /// there what the program had when run() was called, and what it changes is gone with its process: it
    /// tells by its output, by its Context and by files. Descriptors that close at exec() are closed, threads
    /// are not there, and a lock that one of them held stays locked: call run() before the program starts
    /// threads whose locks the handler needs. SIGINT, SIGTERM, SIGHUP and SIGQUIT are passed over, so that a
    /// stop of the service leaves attempts their time.
    Status run(Handler handler);
    /// As run(), for handlers that tell cause, usage and files themselves and keep time limits themselves: an
    /// isolated one is killed after a cancel, not after its limit.
    Status run_jobs(JobHandler handler);
    /// Asks run() to drain and return. Any thread; safe in a signal handler.
    void stop() noexcept;

private:
    class Impl;
    explicit Worker(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace v1
}  // namespace nias
