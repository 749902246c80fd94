/// Pipeline: ventilator, sink, workers and a submitter in one process, with a handler of the caller's.
/// For tests and small tools; what grows keeps its handler and takes the four parts apart. A resource.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include <nias/api.hpp>
#include <nias/submitter.hpp>
#include <nias/watcher.hpp>
#include <nias/worker.hpp>

namespace nias {
inline namespace v1 {

/// How much of a pipeline there is, and whether it keeps anything.
struct PipelineOptions {
    std::uint32_t workers = 1;  ///< 1 to 64
    std::uint32_t slots = 1;    ///< handlers that run at once in each worker, a thread each; 1 to 1,024
    Isolation isolation = Isolation::threads;  ///< where handlers run; see Worker::run()
    /// Tasks held at once by each worker, as many as slots to 16,384; 0: as many as slots.
    std::uint32_t window = 0;
    std::string data_dir{};  ///< empty: in memory, nothing is kept; else a folder, durable
    /// Tasks that wait, 1 to 100,000,000; past this they are refused with `overloaded`.
    std::uint64_t max_queued = 1'000'000;
    /// For stop(): held tasks may end this long, then they are told to by Context::cancelled(); at most a
    /// week.
    std::chrono::seconds drain_timeout{10};
};

/// The parts meet within the process: in memory it costs at most 20 descriptors and 8 threads, besides one
/// thread for each further slot, and two threads and three descriptors for each further worker. Without
/// `data_dir` blobs are in a temporary folder that only this user may open; it is gone with the pipeline.
class NIAS_API Pipeline {
public:
    /// Starts all parts, and returns once they are connected: the first task leaves at once. `handler` runs
    /// on workers x slots threads at once, a copy a worker; with Isolation::process, in as many processes at
    /// once, which have what the program had at this call. `invalid`: an option out of its bounds, or an
    /// empty handler; `conflict`: another pipeline, ventilator or sink has `data_dir`, and who that is;
    /// `unavailable`: no temporary folder, `data_dir` cannot be written, or the parts did not meet within a
    /// minute; nothing is left then.
    static Result<Pipeline> open(const PipelineOptions& options, const Worker::Handler& handler,
                                 SubmitterCallbacks callbacks = {});
    /// Takes over the parts.
    Pipeline(Pipeline&&) noexcept;
    /// Stops the pipeline that stood here, then takes over.
    Pipeline& operator=(Pipeline&&) noexcept;
    /// As stop(), without its answer.
    ~Pipeline();

    /// Gives tasks to this pipeline. Lives as long as the pipeline; closed once a part has failed or stop()
    /// was called, and then answers `unavailable`.
    [[nodiscard]] Submitter& submitter() noexcept;
    /// The options for further submitters in this process, for which they hold `in_process`.
    [[nodiscard]] SubmitterOptions submitter_options() const;
    /// The options for watchers in this process, likewise.
    [[nodiscard]] WatcherOptions watcher_options() const;

    /// Ends all parts in order and leaves no thread, no socket and, without `data_dir`, no file. Tasks that
    /// run end first (see `drain_timeout`); queued ones are dropped, or kept in `data_dir`. The outcome of a
    /// task that ends meanwhile may not be told any more: wait first for what is wanted. Returns the error
    /// that ended a part early, if there was one. Waits for handlers that do not look at
    /// Context::cancelled(). One thread, not a callback or a handler; a second call does nothing.
    Status stop();

private:
    class Impl;
    explicit Pipeline(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace v1
}  // namespace nias
