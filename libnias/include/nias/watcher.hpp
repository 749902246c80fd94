/// Watcher: hears what becomes of tasks as it happens: state changes, logs, progress.
/// For programs that show a pipeline at work, httpfront and `nias log -f`. A resource; thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <nias/api.hpp>
#include <nias/in_process.hpp>
#include <nias/task.hpp>

namespace nias {
inline namespace v1 {

/// Where a Watcher listens, and to what. An empty address leaves that stream out. Addresses are ipc://, or
/// tcp://: on the loopback alone without keys, and encrypted with them.
struct WatcherOptions {
    std::string events = "tcp://127.0.0.1:5557";   ///< the ventilator's events
    std::string control = "tcp://127.0.0.1:5556";  ///< the ventilator's control, asked about tasks
    std::string output = "tcp://127.0.0.1:5560";   ///< the sink's output: logs, progress, shown files
    bool everything = true;                        ///< every task; false: only those that follow() names
    std::chrono::milliseconds ask_after{1000};     ///< silent followed tasks are asked about; 1 ms to an hour
    std::string keys{};                            ///< file of this watcher's Keys
    std::shared_ptr<const InProcess> in_process{};  ///< set by a Pipeline; empty elsewhere
};

/// One change of state of one task.
struct TaskEvent {
    TaskId id;                         ///< the task's id
    TaskState state{};                 ///< where it stands since then
    Attempt attempt = 0;               ///< its current try
    std::int64_t unix_ms = 0;          ///< when; 0 where it is not known
    std::string text{};                ///< the reason, or the worker's name; may be empty
    std::optional<Outcome> outcome{};  ///< outcome of an ended task that has one
    TaskId group{};                    ///< group of the task; all zero: none
};

/// Any of them may be empty. They come on the watcher's own thread. A slow one makes the watcher lose
/// messages at its bound of 4,096 and never slows ventilator or sink. Whatever one throws is caught, logged,
/// and told by status().
struct WatcherCallbacks {
    /// A change of state. Of a followed task each change once; the last one is never missed.
    std::function<void(const TaskEvent&)> on_state{};
    /// Bytes of a log as the sink has stored them; `offset` counts from the beginning of the attempt's log,
    /// so that a gap shows. `bytes` is valid during the call.
    std::function<void(const AttemptRef&, std::uint64_t offset, std::string_view bytes)> on_log{};
    /// Tells the progress of an attempt: 0 to 1, and a line of at most 512 bytes.
    std::function<void(const AttemptRef&, double fraction, const std::string& text)> on_progress{};
    /// A running attempt shows a file (Context::show_file), or another version of it, which the sink has.
    std::function<void(const AttemptRef&, const std::string& name, std::uint64_t size_bytes)> on_file{};
};

/// Listens until it is destroyed.
class NIAS_API Watcher {
public:
    /// Starts to listen; the daemons may start later. `invalid`: an option out of its bounds, not an
    /// address that may be used, or keys that cannot be.
    static Result<Watcher> open(const WatcherOptions& options, WatcherCallbacks callbacks);
    /// Takes over the thread and its callbacks.
    Watcher(Watcher&&) noexcept;
    /// Ends the watcher that stood here, then takes over.
    Watcher& operator=(Watcher&&) noexcept;
    /// Ends the thread. No callback comes any more; not to be called from one.
    ~Watcher();

    /// Follows a task until it has ended: where it stands is told at once, and states that were missed on
    /// the stream are asked for and told. A task that nobody submitted yet is asked about until somebody
    /// does. Any thread, callbacks included. `overloaded`: 65,536 tasks are followed; `invalid`: no
    /// `control`.
    Status follow(const TaskId& id);
    /// Good, or `internal`: a callback threw, with its words and how often. Any thread, callbacks included.
    [[nodiscard]] Status status() const;

private:
    class Impl;
    explicit Watcher(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace v1
}  // namespace nias
