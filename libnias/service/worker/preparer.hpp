/// Makes tasks ready that this worker may be given next, on threads of its own: one makes ready, one task at
/// a time, and one throws away. Used by service/worker; told by its loop thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include <nias/worker.hpp>

#include "core/execute/execute.hpp"
#include "net/socket.hpp"
#include "wire/runs.hpp"

namespace nias::service {

class Preparer {
public:
    /// Null where nothing is to be made ready. `unavailable`: the host has no threads left.
    static Result<std::unique_ptr<Preparer>> open(const WorkerOptions& options, net::Context& context);
    Preparer(const WorkerOptions& options, net::Context& context);
    ~Preparer();  ///< waits for what is under way, whose Context says cancelled()
    Preparer(const Preparer&) = delete;
    Preparer& operator=(const Preparer&) = delete;

    /// Takes what a step of the core says of tasks that have come or may come. Before the tasks are begun, so
    /// that a handler and this do not both make one ready.
    void tell(core::ExecuteEffects& effects, const core::Execute& core);
    /// These tasks may come, in place of those before. What was made ready for any other is thrown away, but
    /// not for those in `held`: they have come, and their handlers may not have looked yet.
    void expect(std::vector<Task> tasks, const std::vector<TaskId>& held);
    /// These tasks have come: they are made ready no more, unless that has begun.
    void given(const wire::Runs<Task>& tasks);
    /// These tasks have ended here. What their handlers did not use is thrown away.
    void over(const wire::Runs<Outcome>& outcomes);

private:
    class PreparingContext;
    void prepare_all();
    void throw_away_all();
    void drop(const TaskId& id);                         ///< with mutex_ held
    void forget_wanted(const std::vector<TaskId>& ids);  ///< with mutex_ held
    void close();

    const WorkerOptions options_;
    net::Context& context_;
    std::mutex mutex_;  ///< guards all below but cancel_
    std::condition_variable wake_;
    bool closing_ = false;
    std::deque<Task> wanted_;       ///< not begun to be made ready
    std::set<TaskId> known_;        ///< ready, or being made so; bounded by wire::kUpcomingMax and the slots
    std::vector<TaskId> unwanted_;  ///< to be thrown away
    TaskId present_;                ///< being made ready; all zero: none
    std::atomic<bool> cancel_{false};
    std::vector<std::thread> threads_;
};

}  // namespace nias::service
