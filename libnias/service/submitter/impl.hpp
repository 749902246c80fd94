/// A submitter's shell: callers hand tasks over a bounded queue, one thread of its own sends, repeats and
/// listens. End-to-end acknowledgement (decision 1): repeated until accepted, asked about until ended.
/// Private to submitter.cpp (the callers' side) and loop.cpp (the thread's).
#pragma once

#include <nias/submitter.hpp>

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "core/containers/chain.hpp"
#include "core/containers/slab_map.hpp"
#include "core/containers/unanswered.hpp"
#include "net/socket.hpp"
#include "wire/messages.hpp"

namespace nias {
inline namespace v1 {

class [[gnu::visibility("hidden")]] Submitter::Impl {
public:
    Impl(SubmitterOptions options, SubmitterCallbacks callbacks, net::Context context, net::Socket intake,
         net::Socket control, net::Socket events)
        : options_(std::move(options)),
          callbacks_(std::move(callbacks)),
          context_(std::move(context)),
          client_(client_name()),
          intake_(std::move(intake)),
          control_(std::move(control)),
          events_(std::move(events)) {
        events_.subscribe("t" + client_);
        thread_ = std::thread([this] { run(); });
    }
    ~Impl() {
        close();
        thread_.join();
    }
    void close() {
        {
            const std::lock_guard lock(mutex_);
            closing_ = true;
        }
        waker_.wake();
        changed_.notify_all();
    }

    static Result<std::unique_ptr<Impl>> open(const SubmitterOptions& options, SubmitterCallbacks callbacks);
    Result<TaskId> submit_async(Task && task);
    Result<TaskId> submit(Task task, std::chrono::milliseconds timeout);
    std::future<Result<Outcome>> submit_future(Task task, std::chrono::milliseconds accepted_within);
    Result<Outcome> wait(const TaskId& id, std::chrono::milliseconds timeout);
    Status cancel(const TaskId& id);

private:
    /// In one Submit.
    static constexpr std::size_t kSubmitTasks = 256;
    /// 64 bits as 13 letters: short enough that copies of the name need no memory of their own.
    static std::string client_name();
    /// Tasks that leave together until each is accepted.
    using Batch = core::Unanswered<Task>;
    /// A task that has not ended, as far as is known here.
    struct Live {
        TaskId id;
        Batch* batch = nullptr;   ///< that it leaves in; null once it is accepted
        std::uint32_t place = 0;  ///< in its batch
        Time asked{};             ///< of an accepted one: when it was sent, or asked about
        Live* prev = nullptr;     ///< among those that are accepted
        Live* next = nullptr;

        [[nodiscard]] const TaskId& key() const { return id; }
        void take_key(const TaskId& of) { id = of; }
    };
    struct Ended {
        TaskState state = TaskState::succeeded;
        Outcome outcome;
    };
    struct Wait {
        std::size_t callers = 0;
        std::optional<Ended> ended;
    };

    [[nodiscard]] Error no_answer() const;
    /// Futures of one task: one a call of submit_future() that named it.
    struct Promised {
        std::vector<std::promise<Result<Outcome>>> promises;
        std::multimap<Time, TaskId>::iterator deadline;  ///< end(): accepted, or not on its way yet
    };

    void run();
    /// With mutex_ held, as the next two.
    void keep_promises(const TaskId& id, const Result<Outcome>& result);
    void drop_late_promises();
    void break_promises();
    void no_deadline(Promised & promised);
    void send_cancels();
    void send_stuck();
    void send_fresh(std::unique_lock<std::mutex> & lock);
    void repeat(std::unique_lock<std::mutex> & lock);
    void sync(std::unique_lock<std::mutex> & lock);
    /// What the caller is told of a task once the lock is free.
    struct Told {
        TaskId id;
        bool accepted = false;
        const wire::Run<wire::Event>* ended = nullptr;  ///< of the frame
        std::size_t place = 0;                          ///< in it
        const wire::Event* over = nullptr;              ///< in unusual_: rejected, or ended without a run
    };
    void listen(net::Socket & socket, bool with_topic);
    void take(const std::vector<wire::Standing>& standing);
    void take(const wire::Run<wire::Event>& run);  ///< with mutex_ held; adds to told_, as do the next three
    void accepted(const TaskId& id);
    void ended(const wire::Run<wire::Event>& run, std::size_t place);
    void rejected(wire::Event event);
    void tell();
    void put(Live & live, const Task& task);
    template <typename IsDue>
    void send_some(Batch::List & from, IsDue is_due, std::unique_lock<std::mutex> & lock);
    void leave_out_answered(Batch & batch);
    /// It needs no more sending.
    void leave_batch(Live & live);
    void erase(Live & live) {
        live.batch != nullptr ? leave_batch(live) : accepted_.remove(live);
        const TaskId id = live.id;
        live_.erase(id);
    }
    Live* find(const TaskId& id) { return live_.find(id); }
    [[nodiscard]] bool is_unanswered(const TaskId& id) {
        const Live* live = find(id);
        return live != nullptr && live->batch != nullptr;
    }

    SubmitterOptions options_;
    SubmitterCallbacks callbacks_;
    net::Context context_;
    std::string client_;
    net::Socket intake_, control_, events_;  // touched by thread_ only, once it runs
    Bytes stuck_;                            // a Submit that intake_ has not taken, as its neighbours
    net::Waker waker_;

    std::mutex mutex_;  // guards all below
    std::condition_variable changed_;
    bool closing_ = false;
    bool joined_ = false;  // our events reach us; before that an answer may be missed
    TaskIdMaker ids_;
    core::SlabMap<TaskId, Live> live_;
    Batch::List fresh_;    // never sent; the last one is being filled
    Batch::List sent_;     // unanswered, the one sent first in front
    bool shares_ = false;  // whether that one may have more than one task
    std::size_t fresh_tasks_ = 0;
    std::size_t unanswered_ = 0;                       // tasks of both
    core::Chain<Live> accepted_;                       // the one asked about first in front
    std::unordered_map<TaskId, std::string> refused_;  // only of callers that wait in submit()
    std::unordered_set<TaskId> submit_waits_;
    std::unordered_map<TaskId, Wait> waits_;
    std::unordered_map<TaskId, Ended> ended_;  // at most kKeptOutcomesMax
    std::deque<TaskId> ended_order_;
    std::unordered_map<TaskId, Promised> promised_;
    std::multimap<Time, TaskId> deadlines_;  // of promised tasks that are not accepted yet
    std::vector<TaskId> cancels_;
    std::deque<wire::Event> unusual_;
    std::vector<Told> told_;  // filled with mutex_ held, emptied by thread_
    Time opened_ = now();
    Time submitted_{};  // the last Submit of fresh tasks
    Time synced_{};
    Time heard_{};
    std::thread thread_;
};

}  // namespace v1
}  // namespace nias
