/// The threads that run a worker's handlers, and the queue by which they tell its loop.
/// Used by service/worker only. Handlers run here and nowhere else.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <nias/worker.hpp>

#include "base/clock_types.hpp"
#include "net/socket.hpp"
#include "service/worker/waiting_tasks.hpp"

namespace nias::service {

/// The news of handlers. An attempt's start is told no later than its end.
struct Notes {
    std::vector<AttemptRef> started;
    wire::Runs<Outcome> finished;
    [[nodiscard]] std::size_t size() const { return started.size() + finished.size(); }
};

class Executor {
public:
    /// `limits`: a task's time limit is kept here. Its Context says cancelled() then, and what ends later has
    /// timed out. False: the handler keeps it.
    Executor(const WorkerOptions& options, Worker::JobHandler handler, bool limits, net::Context& context,
             const net::Waker& loop);
    ~Executor();  ///< waits for the begun handlers; stop_all() first to make them hurry
    Executor(const Executor&) = delete;
    Executor& operator=(const Executor&) = delete;

    void run(wire::Runs<Task> tasks);      ///< begun in order as slots are free: bounded by the core's window
    void stop(const AttemptRef& attempt);  ///< its Context says cancelled(); not begun: it never does
    void stop_all();
    [[nodiscard]] std::vector<AttemptRef> recall();  ///< takes back what has not begun
    struct Recalled {
        std::vector<AttemptRef> taken;
        std::vector<AttemptRef> begun;  ///< or over
    };
    [[nodiscard]] Recalled recall(const std::vector<AttemptRef>& asked);  ///< takes back only these
    /// Moves the news since the last call into `into`, in place of what it held. Handlers wake the loop when
    /// nothing is left to begin, or when enough is told; with tasks still waiting, the loop asks of itself
    /// within kAskAgain. Before that, woken by something else, it gets nothing: what is told leaves together.
    void drain(Notes& into, Time time);
    [[nodiscard]] bool has_waiting();
    [[nodiscard]] bool is_idle();  ///< no handler runs

    static constexpr std::chrono::milliseconds kAskAgain{1};

private:
    class HandlerContext;
    struct Slot {
        AttemptRef attempt;
        std::atomic<bool> cancel{false};
        bool busy = false;  ///< guarded by mutex_, like `attempt` and the next two
        bool told = false;  ///< its start was told
        AttemptRef seen;    ///< the attempt that ran when the loop last looked
    };
    void work(Slot& slot);
    void close();  ///< ends the threads
    /// Both clocks as of when a slot was last idle, and the end of its task before: one look at a clock a
    /// task.
    struct Clocks {
        Time idle;
        std::int64_t idle_unix_ms = 0;
        Time ended;  ///< zero: idle since
    };
    /// When a task that begun then is to be over; nothing: no limit is kept.
    [[nodiscard]] std::optional<Time> deadline_of(const Task& task, Time begun) const;
    [[nodiscard]] Outcome handle(const Task& task, bool stopped, Slot& slot, Clocks& clocks);
    [[nodiscard]] Outcome answer(const Task& task, Slot& slot, Time begun);
    void tell_started(Slot& slot);
    /// With mutex_ held: notes the start of what has run since the look before. Most tasks are over by then,
    /// and cost no message.
    void look_at_slots(Time time);
    [[nodiscard]] bool is_to_wake();  ///< with mutex_ held: the loop, since something was noted

    WorkerOptions options_;
    Worker::JobHandler handler_;
    bool limits_;
    net::Context& context_;
    const net::Waker& loop_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool closing_ = false;
    bool rung_ = false;  ///< the loop was woken and has not yet asked
    Time taken_;         ///< when notes were taken last
    Time looked_;        ///< at the slots
    WaitingTasks waiting_;
    Notes notes_;
    std::deque<Slot> slots_;
    std::vector<std::thread> threads_;
};

}  // namespace nias::service
