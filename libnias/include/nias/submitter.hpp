/// Submitter: gives tasks to a ventilator, durably, and hears how they ended.
/// For httpfront, the command line and any C++ program. A resource; thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <nias/api.hpp>
#include <nias/task.hpp>

namespace nias {
inline namespace v1 {

struct SubmitterOptions {
    std::string intake = "tcp://127.0.0.1:5555";  ///< of the ventilator
    std::string control = "tcp://127.0.0.1:5556";
    std::string events = "tcp://127.0.0.1:5557";
    std::size_t in_flight_max = 65536;             ///< tasks not yet accepted; submit() waits past this
    std::chrono::milliseconds repeat_after{1000};  ///< unanswered Submits and silent tasks are asked again
};

/// Calls back on the submitter's own thread; keep it short, and do not call the submitter from it
/// except submit_async() and cancel().
struct SubmitterCallbacks {
    std::function<void(const TaskId&)> on_accepted{};
    std::function<void(const TaskId&, const std::string& reason)> on_rejected{};
    /// The task's one outcome. `state` is an ended state; a `lost` task has its reasons in outcome.error.
    std::function<void(const TaskId&, TaskState state, const Outcome& outcome)> on_ended{};
};

class NIAS_API Submitter {
public:
    static Result<Submitter> open(const SubmitterOptions& options, SubmitterCallbacks callbacks = {});
    Submitter(Submitter&&) noexcept;
    Submitter& operator=(Submitter&&) noexcept;
    ~Submitter();

    /// Submits and waits until the ventilator has accepted: durable when it returns (A1). An all-zero id
    /// is replaced by a fresh one. `overloaded`: refused, try later. `unavailable`: no answer within
    /// `timeout`; the same task may be submitted again, with the same id.
    Result<TaskId> submit(Task task, std::chrono::milliseconds timeout = std::chrono::seconds(30));
    /// Queues for sending; the callbacks tell. Waits while in_flight_max tasks are unanswered.
    Result<TaskId> submit_async(Task task);
    /// Waits for the outcome of a task that this submitter submitted or watches.
    Result<Outcome> wait(const TaskId& id, std::chrono::milliseconds timeout);
    Status cancel(const TaskId& id);

private:
    class Impl;
    explicit Submitter(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace v1
}  // namespace nias
