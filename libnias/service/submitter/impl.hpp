/// A submitter's shell: callers hand tasks to the submit core, and one thread sends what the core says and
/// listens for it. One mutex guards the core and all who wait. Private to submitter.cpp (the callers' side)
/// and loop.cpp (the thread's).
#pragma once

#include <nias/submitter.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "base/clock.hpp"
#include "base/host/fork_mark.hpp"
#include "base/ids.hpp"
#include "core/submit/submit.hpp"
#include "net/socket.hpp"
#include "service/bulk/client.hpp"
#include "service/callback_guard.hpp"
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
          events_(std::move(events)),
          core_({.repeat_after = options_.repeat_after, .tells_accepted = bool(callbacks_.on_accepted)},
                now()) {
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
    [[nodiscard]] Status status() const;
    [[nodiscard]] bool is_own() const { return process_.is_own(); }  ///< false in a forked child
    // blobs.cpp: files, each on its caller's thread.
    Result<BlobRef> store(const std::string& path, std::chrono::milliseconds patience);
    Status fetch(const BlobRef& blob, const std::string& path, std::chrono::milliseconds patience);

private:
    [[nodiscard]] bool is_closing() {
        const std::lock_guard lock(mutex_);
        return closing_;
    }
    Result<service::BulkClient> open_bulk();
    template <typename Answer, typename Transfer>
    Answer transfer(std::chrono::milliseconds patience, Transfer run);
    /// 64 bits as 13 letters: short enough that copies of the name need no memory of their own.
    static std::string client_name();
    struct Ended {
        TaskState state = TaskState::succeeded;
        Outcome outcome;
    };
    struct Wait {
        std::size_t callers = 0;
        std::optional<Ended> ended;
    };

    /// `invalid` in a forked child, where no thread of this submitter runs and its locks may be held for
    /// ever.
    [[nodiscard]] Status of_this_process() const;
    /// Why a call that waits cannot be made. With mutex_ held, as the next three.
    [[nodiscard]] Status may_wait(std::string_view call) const;
    [[nodiscard]] Error closed() const;
    /// Why nobody answered since `since`, as far as that is known here.
    [[nodiscard]] Error no_answer(Time since) const;
    /// The futures of one task: one for each call of submit_future() that named it.
    struct Promise {
        std::uint64_t call = 0;  ///< tells it from those of other calls
        std::promise<Result<Outcome>> promise;
    };
    using Promises = std::vector<Promise>;

    void run();
    void send(std::unique_lock<std::mutex> & lock);
    /// False: intake_ takes nothing at present.
    bool give(Bytes frame, std::unique_lock<std::mutex> & lock);
    void ask(std::unique_lock<std::mutex> & lock);
    void listen(net::Socket & socket, bool with_topic);
    /// Answers who waits for what is in effects_. With mutex_ held, as the next four.
    void answer();
    void answer(const core::SubmitEffects::Told& told);
    void keep_outcome(const TaskId& id, TaskState state, Outcome outcome);
    /// False: nobody holds a future of it.
    bool keep_promises(const TaskId& id, const Result<Outcome>& result);
    /// Only that of one call, whose task was not taken.
    void break_promise(const TaskId& id, std::uint64_t call, const Error& error);
    void break_promises();
    /// Calls back for what is in effects_, without mutex_, and empties it.
    void tell();

    SubmitterOptions options_;
    SubmitterCallbacks callbacks_;
    net::Context context_;
    std::string client_;
    net::Socket intake_, control_, events_;  // touched by thread_ only, once it runs
    Bytes stuck_;                            // a frame that intake_ has not taken; touched by thread_ only
    core::SubmitEffects effects_;            // filled with mutex_ held, emptied by thread_ alone
    net::Waker waker_;

    ForkMark process_;
    service::CallbackGuard guard_{"submitter"};

    mutable std::mutex mutex_;  // guards all below
    std::condition_variable changed_;
    bool closing_ = false;
    std::thread::id loop_;  // the thread of the callbacks
    TaskIdMaker ids_;
    core::Submit core_;
    std::unordered_map<TaskId, Error> refused_;  // only for callers that wait in submit()
    std::unordered_set<TaskId> submit_waits_;
    std::unordered_map<TaskId, Wait> waits_;
    std::unordered_map<TaskId, Ended> ended_;  // at most kKeptOutcomesMax
    std::deque<TaskId> ended_order_;
    std::unordered_map<TaskId, Promises> promised_;
    std::uint64_t calls_ = 0;  // calls of submit_future()
    std::thread thread_;
};

}  // namespace v1
}  // namespace nias
