/// Worker: pulls tasks from a ventilator, runs a handler on them, keeps each outcome until it is settled.
/// For nias-worker and for programs with their own handler. A resource.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <nias/api.hpp>
#include <nias/task.hpp>

namespace nias {
inline namespace v1 {

/// Whom a Worker works for, and how much of it. Addresses are ipc://, or tcp://: on the loopback alone
/// without keys, and encrypted with them.
struct WorkerOptions {
    std::string control = "tcp://127.0.0.1:5556";   ///< of the ventilator
    std::string outcomes = "tcp://127.0.0.1:5558";  ///< of the sink
    std::string bulk = "tcp://127.0.0.1:5559";      ///< of the sink
    std::string name{};                             ///< kept across restarts; empty: the host's name
    std::uint32_t slots = 1;                        ///< handlers that run at once, a thread each
    std::uint32_t window = 0;                       ///< tasks held at once; 0: as many as slots (prefetch 0)
    std::uint32_t cpus = 0;                         ///< 0: what the host has
    std::uint64_t memory_bytes = 0;                 ///< 0: what the host has
    std::vector<std::string> runtimes{};            ///< announced to the ventilator
    std::string outbox{};                           ///< folder of unsettled outcomes; empty: in memory only
    std::string shared_blobs{};                     ///< data directory of the sink where this host sees it
    std::uint32_t drain_timeout_s = 600;            ///< held tasks may end this long after stop()
    std::string keys{};                             ///< file of this worker's Keys, whose name is its `name`
};

/// What a handler may do while it runs. Any thread of the handler; valid until it returns.
class NIAS_API Context {
public:
    /// Of the worker; a handler never destroys one.
    virtual ~Context() = default;
    /// Stop soon: cancelled, superseded, or (in run(), not in run_jobs()) past the task's time limit.
    [[nodiscard]] virtual bool cancelled() const = 0;
    virtual void started() = 0;                    ///< the program itself runs
    virtual void log(std::string_view bytes) = 0;  ///< next bytes of the task's log
    /// How far the task is, 0 to 1, and a line of at most 512 bytes. Latest wins; some may be lost.
    virtual void progress(double fraction, std::string_view text) = 0;
    virtual Status fetch(const BlobRef& blob, const std::string& path) = 0;  ///< writes the blob to a file
    /// Durable at the sink when it returns. The file is not to change meanwhile.
    virtual Result<BlobRef> store(const std::string& path) = 0;
};

/// A loop that beats, inside run(), and a thread a slot for handlers. run() on one thread, which may be
/// another than that of open().
class NIAS_API Worker {
public:
    /// Returns the inline output, or an Error: the task `failed` with its message.
    using Handler = std::function<Result<Bytes>(const Task&, Context&)>;
    /// Fills everything of the outcome but id, attempt and worker.
    using JobHandler = std::function<Outcome(const Task&, Context&)>;

    /// Connects; ventilator and sink may start later. `invalid`: not an address that may be used, or keys
    /// that cannot be; `unavailable`: the outbox cannot be written.
    static Result<Worker> open(const WorkerOptions& options);
    /// Takes over the sockets.
    Worker(Worker&&) noexcept;
    /// Ends what stood here, then takes over.
    Worker& operator=(Worker&&) noexcept;
    /// Closes its sockets. run() has returned before.
    ~Worker();

    /// Runs until stop(), then drains: no new work, held tasks finish, outcomes settle. A task that ends past
    /// its time limit has `timed_out`, whatever its handler returned; a handler that does not ask
    /// Context::cancelled() is not interrupted.
    Status run(Handler handler);
    /// As run(), for handlers that tell cause, usage and files themselves and keep time limits themselves.
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
