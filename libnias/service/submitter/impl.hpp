/// A submitter's shell: callers hand tasks to the submit core, and one thread sends what the core says and
/// listens for it. One mutex guards the core and all who wait. Private to submitter.cpp (the callers' side)
/// and loop.cpp (the thread's).
#pragma once

#include <nias/submitter.hpp>
#include <nias/task_group.hpp>

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "base/clock.hpp"
#include "base/host/fork_mark.hpp"
#include "base/ids.hpp"
#include "core/submit/group.hpp"
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
    ~Impl() { end(); }
    /// Closes it, and waits until the thread is gone. A second call does nothing.
    void end() {
        close();
        if (thread_.joinable()) { thread_.join(); }
    }
    /// In a forked child: its thread and sockets are the parent's.
    static void leak(std::shared_ptr<Impl> impl) {
        if (impl != nullptr) { (void)new std::shared_ptr<Impl>(std::move(impl)); }
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
    Result<TaskId> submit_then(Task task, std::function<void(Result<Outcome>)> then,
                               std::chrono::milliseconds accepted_within);
    // callbacks.cpp
    [[nodiscard]] int descriptor() const { return options_.dispatched ? dispatches_.descriptor() : -1; }
    std::size_t dispatch();
    Result<Outcome> wait(const TaskId& id, std::chrono::milliseconds timeout);
    Status cancel(const TaskId& id);
    [[nodiscard]] Status status() const;
    [[nodiscard]] bool is_own() const { return process_.is_own(); }  ///< false in a forked child
    // asked.cpp: questions that the ventilator answers.
    Result<std::vector<TaskInfo>> list(const TaskFilter& filter, std::chrono::milliseconds patience);
    Result<TaskState> state(const TaskId& id, std::chrono::milliseconds patience);
    Result<std::string> explain(const TaskId& id, std::chrono::milliseconds patience);
    // groups.cpp: the books of groups, by the id of the group.
    Status open_group(const TaskId& id, core::Group book);
    void close_group(const TaskId& id);
    /// Submits a task of an open group whose member lives; where the group is stopped it ends here.
    Status submit_member(const TaskId& group, Task task);
    /// The members that are to be submitted again, and the ids of their tasks.
    std::vector<std::pair<std::uint32_t, TaskId>> retry_group(const TaskId& id);
    Status cancel_group(const TaskId& id);
    /// Cancels any group, open or not.
    Status cancel_group_once(const TaskId& group);
    Result<std::optional<MemberEnd>> next_of_group(const TaskId& id, std::chrono::milliseconds timeout);
    Result<int> descriptor_of_group(const TaskId& id);
    Status wait_group(const TaskId& id, std::chrono::milliseconds timeout);
    [[nodiscard]] TaskGroupProgress progress_of(const TaskId& id) const;
    /// `invalid` in a forked child, where no thread of this submitter runs and its locks may be held for
    /// ever.
    [[nodiscard]] Status of_this_process() const;
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

    /// A question under way, and its answer once that has come.
    struct Question {
        wire::Message asks;
        Time sent{};
        std::optional<wire::Message> answer;
    };
    Result<wire::Message> ask_ventilator(std::string_view call, wire::Message question,
                                         std::chrono::milliseconds patience);
    static bool answers(const wire::Message& question, const wire::Message& answer);
    void send_questions(std::unique_lock<std::mutex> & lock);
    void receive_answer(const wire::Message& answer);
    template <typename Until>
    Status wait_for_group(const TaskId& id, std::string_view call, std::chrono::milliseconds timeout,
                          Until until);
    /// Makes the descriptor of a group, where it has one, readable while its book has news, or nothing more
    /// comes. With mutex_ held.
    void show_news(const TaskId& id, const core::Group& book);
    /// Writes the end of a task into the book of its group. False: it is of no group that is open.
    bool tell_group(const TaskId& group, const TaskId& id, const Result<Outcome>& outcome);
    /// Why a call that waits cannot be made. With mutex_ held, as the next three.
    [[nodiscard]] Status may_wait(std::string_view call) const;
    [[nodiscard]] Error closed() const;
    /// Why nobody answered since `since`, as far as that is known here.
    [[nodiscard]] Error no_answer(Time since) const;
    /// The futures of one task: one for each call of submit_future() that named it.
    struct Promise {
        std::uint64_t call = 0;  ///< tells it from those of other calls
        std::promise<Result<Outcome>> promise;
        std::function<void(Result<Outcome>)> then;  ///< called in place of the promise; may be empty
    };
    /// A function of submit_then() with its answer.
    using Then = std::pair<std::function<void(Result<Outcome>)>, Result<Outcome>>;
    /// News that waits for dispatch().
    struct Due {
        core::SubmitEffects::Kind kind;
        wire::Event event;
    };
    using Promises = std::vector<Promise>;

    void run();
    void send(std::unique_lock<std::mutex> & lock);
    /// False: intake_ takes nothing at present.
    bool give(Bytes frame, std::unique_lock<std::mutex> & lock);
    void ask(std::unique_lock<std::mutex> & lock);
    void listen(net::Socket & socket, bool with_topic);
    void note_heard();
    /// Answers who waits for what is in effects_. With mutex_ held, as the next four.
    void answer();
    void answer(const core::SubmitEffects::Told& told);
    /// `is_told`: a group has it for its owner.
    void keep_outcome(const TaskId& id, TaskState state, Outcome outcome, bool is_told);
    /// False: nobody holds a future of it.
    bool keep_promises(const TaskId& id, const Result<Outcome>& result);
    /// Only that of one call, whose task was not taken.
    void break_promise(const TaskId& id, std::uint64_t call, const Error& error);
    void break_promises();
    /// Submits a task whose outcome `promise` waits for. An error that leaves promise.call at 0 was not told
    /// it.
    Result<TaskId> submit_promised(Task && task, Promise & promise,
                                   std::chrono::milliseconds accepted_within);
    void keep(Promise & promise, const Result<Outcome>& result);
    // callbacks.cpp. All without mutex_.
    /// Calls back for what is in effects_ and thens_, or leaves it for dispatch(), and empties both.
    void tell();
    void tell_told();
    void leave_for_dispatch();
    void call(std::vector<Then> & thens);
    void call_accepted(const TaskId& id);
    /// Says in a code and in words why a task was rejected.
    [[nodiscard]] static Error error_of(const wire::Event& rejected);
    void call_rejected(const TaskId& id, const Error& why);
    void call_ended(const TaskId& id, TaskState state, const Outcome& outcome);

    SubmitterOptions options_;
    SubmitterCallbacks callbacks_;
    net::Context context_;
    std::string client_;
    net::Socket intake_, control_, events_;  // touched by thread_ only, once it runs
    Bytes stuck_;                            // a frame that intake_ has not taken; touched by thread_ only
    core::SubmitEffects effects_;            // filled with mutex_ held, emptied by thread_ alone
    net::Waker waker_;
    net::Waker dispatches_;  // readable while due_ or thens_ holds something for dispatch()

    ForkMark process_;
    service::CallbackGuard guard_{"submitter"};

    mutable std::mutex mutex_;  // guards all below
    std::condition_variable changed_;
    bool closing_ = false;
    std::thread::id loop_;  // the thread of the callbacks
    TaskIdMaker ids_;
    core::Submit core_;
    std::string denied_;  // why the ventilator does not admit this submitter's key; empty: it does
    std::unordered_map<TaskId, Error> refused_;  // only for callers that wait in submit()
    std::unordered_set<TaskId> submit_waits_;
    std::unordered_map<TaskId, Wait> waits_;
    std::unordered_map<TaskId, Ended> ended_;  // at most kKeptOutcomesMax
    std::deque<TaskId> ended_order_;
    std::unordered_map<TaskId, Promises> promised_;
    std::vector<Then> thens_;
    std::vector<Due> due_;  // for dispatch(); at most two for each task
    std::unordered_map<TaskId, core::Group> groups_;
    std::unordered_map<TaskId, net::Waker> news_of_groups_;  // descriptors that were asked for
    std::map<std::uint64_t, Question> questions_;
    std::uint64_t asked_ = 0;  // questions
    std::uint64_t calls_ = 0;  // calls of submit_future()
    std::thread thread_;
};

}  // namespace v1
}  // namespace nias
