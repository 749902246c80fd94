// A submitter's shell: one thread of its own sends, repeats and listens; callers hand tasks over a bounded
// queue. End-to-end acknowledgement (decision 1): repeated until accepted, asked about until ended.
#include <nias/submitter.hpp>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "core/chain.hpp"
#include "core/slab_map.hpp"
#include "net/socket.hpp"
#include "wire/codec.hpp"
#include "wire/limits.hpp"

namespace nias {
inline namespace v1 {
namespace {

constexpr std::size_t kKeptOutcomesMax = 65536;  // for wait(), where there is no callback; older ones are asked for again
constexpr std::size_t kSyncIds = 256;            // asked about in one round
constexpr std::size_t kSubmitTasks = 256;
constexpr std::size_t kCancelsMax = 65536;
constexpr std::size_t kAhead = 4;                // events by which memory is called for before its use
constexpr auto kRound = std::chrono::milliseconds(50);
constexpr auto kJoinedWithin = std::chrono::milliseconds(500);

/// 64 bits as 13 letters: short enough that copies of the name need no memory of their own.
std::string name_of(std::uint64_t value) {
    constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuv";
    std::string out(13, '0');
    for (std::size_t i = out.size(); i-- > 0; value >>= 5U) { out[i] = digits[value & 31U]; }
    return out;
}

}  // namespace

class Submitter::Impl {
public:
    Impl(SubmitterOptions options, SubmitterCallbacks callbacks, net::Context context, net::Socket intake, net::Socket control, net::Socket events)
        : options_(std::move(options)), callbacks_(std::move(callbacks)), context_(std::move(context)), client_(name_of(make_incarnation())),
          intake_(std::move(intake)), control_(std::move(control)), events_(std::move(events)) {
        events_.subscribe("t" + client_);
        thread_ = std::thread([this] { run(); });
    }
    ~Impl() {
        {
            const std::lock_guard lock(mutex_);
            closing_ = true;
        }
        waker_.wake();
        changed_.notify_all();
        thread_.join();
    }

    static Result<std::unique_ptr<Impl>> open(const SubmitterOptions& options, SubmitterCallbacks callbacks);
    Result<TaskId> submit_async(Task task);
    Result<TaskId> submit(Task task, std::chrono::milliseconds timeout);
    Result<Outcome> wait(const TaskId& id, std::chrono::milliseconds timeout);
    Status cancel(const TaskId& id);

private:
    /// A task that has not ended, as far as is known here; in one of the three chains.
    struct Live {
        TaskId id;
        std::optional<Task> task;  ///< until it is accepted
        Time sent{};       ///< or asked about
        enum class Phase : std::uint8_t { fresh, sent, accepted } phase = Phase::fresh;
        Live* prev = nullptr;
        Live* next = nullptr;
    };
    struct Ended {
        TaskState state = TaskState::succeeded;
        Outcome outcome;
    };
    struct Wait {
        std::size_t callers = 0;
        std::optional<Ended> ended;
    };

    void run();
    void send_cancels();
    void send_fresh(std::unique_lock<std::mutex>& lock);
    void repeat(std::unique_lock<std::mutex>& lock);
    void sync(std::unique_lock<std::mutex>& lock);
    /// What the caller is told of a task once the lock is free. Events are the frame's.
    struct Told {
        TaskId id;
        bool accepted = false;
        const wire::Event* over = nullptr;  ///< ended or rejected
    };
    void listen(net::Socket& socket, bool with_topic);
    void take(std::vector<wire::Event>& events);
    void on(wire::Event& event);                ///< with mutex_ held; adds to told_, as do the next three
    void accepted(const TaskId& id);
    void ended(wire::Event& event);
    void rejected(wire::Event& event);
    void tell();
    template <typename Due>
    void send_some(Due due, std::unique_lock<std::mutex>& lock);
    core::Chain<Live>& chain_of(const Live& live) {
        return live.phase == Live::Phase::fresh ? fresh_ : live.phase == Live::Phase::sent ? sent_ : accepted_;
    }
    void move(Live& live, Live::Phase to) {
        chain_of(live).remove(live);
        live.phase = to;
        chain_of(live).push_back(live);
    }
    void erase(Live& live) {
        chain_of(live).remove(live);
        const TaskId id = live.id;
        live_.erase(id);
    }
    Live* find(const TaskId& id) { return live_.find(id); }
    [[nodiscard]] std::size_t unanswered() const { return fresh_.size() + sent_.size(); }

    SubmitterOptions options_;
    SubmitterCallbacks callbacks_;
    net::Context context_;
    std::string client_;
    net::Socket intake_, control_, events_;  // touched by thread_ only, once it runs
    net::Waker waker_;

    std::mutex mutex_;                       // guards all below
    std::condition_variable changed_;
    bool closing_ = false;
    bool joined_ = false;                    // our events reach us; before that an answer may be missed
    TaskIdMaker ids_;
    core::SlabMap<TaskId, Live> live_;
    core::Chain<Live> fresh_;                // never sent
    core::Chain<Live> sent_;                 // unanswered, the one sent first in front
    core::Chain<Live> accepted_;             // the one asked about first in front
    std::unordered_map<TaskId, std::string> refused_;  // only of callers that wait in submit()
    std::unordered_set<TaskId> submit_waits_;
    std::unordered_map<TaskId, Wait> waits_;
    std::unordered_map<TaskId, Ended> ended_;          // at most kKeptOutcomesMax
    std::deque<TaskId> ended_order_;
    std::vector<TaskId> cancels_;
    std::vector<Told> told_;                           // filled with mutex_ held, emptied by thread_
    Time opened_ = now();
    Time synced_{};
    Time heard_{};
    std::thread thread_;
};

Result<std::unique_ptr<Submitter::Impl>> Submitter::Impl::open(const SubmitterOptions& options, SubmitterCallbacks callbacks) {
    net::Context context;
    auto intake = net::Socket::connect(context, net::Kind::push, options.intake);
    if (!intake) { return intake.error(); }
    auto control = net::Socket::connect(context, net::Kind::dealer, options.control);
    if (!control) { return control.error(); }
    auto events = net::Socket::connect(context, net::Kind::sub, options.events, {.hwm = 100'000, .routing_id = {}});
    if (!events) { return events.error(); }
    return std::make_unique<Impl>(options, std::move(callbacks), std::move(context), std::move(*intake), std::move(*control), std::move(*events));
}

Result<TaskId> Submitter::Impl::submit_async(Task task) {
    if (task.payload.size() > kInlineMax) {
        return Error{ErrorCode::invalid, "the payload passes 65536 bytes: put it into a blob"};
    }
    if (task.owner.empty()) { return Error{ErrorCode::invalid, "the task has no owner: name one"}; }
    TaskId id = task.id;
    bool first = false;
    {
        std::unique_lock lock(mutex_);
        if (unanswered() >= options_.in_flight_max && std::this_thread::get_id() != thread_.get_id()) {
            changed_.wait(lock, [this] { return closing_ || unanswered() < options_.in_flight_max; });
        }
        if (closing_) { return Error{ErrorCode::unavailable, "the submitter is closing"}; }
        if (id == TaskId{}) { id = task.id = ids_.make(unix_ms_about()); }
        const auto [place, is_new] = live_.try_emplace(id);
        if (is_new) {
            first = fresh_.empty();
            place->id = id;
            place->task = std::move(task);
            fresh_.push_back(*place);
        }
    }
    if (first) { waker_.wake(); }
    return id;
}

Result<TaskId> Submitter::Impl::submit(Task task, std::chrono::milliseconds timeout) {
    if (task.id == TaskId{}) { task.id = make_task_id(unix_ms_now()); }
    const TaskId wanted = task.id;
    {
        const std::lock_guard lock(mutex_);
        submit_waits_.insert(wanted);
    }
    auto id = submit_async(std::move(task));
    std::unique_lock lock(mutex_);
    const auto leave = [&](Result<TaskId> result) {
        submit_waits_.erase(wanted);
        refused_.erase(wanted);
        return result;
    };
    if (!id) { return leave(id); }
    const auto unanswered = [&] {
        const Live* live = find(wanted);
        return live != nullptr && live->phase != Live::Phase::accepted;
    };
    const bool answered = changed_.wait_for(lock, timeout, [&] { return closing_ || !unanswered(); });
    if (!answered || closing_) {
        if (unanswered()) { erase(*find(wanted)); }
        return leave(Error{ErrorCode::unavailable, "the ventilator at " + options_.intake + " did not answer: is it running? The task may be submitted again with the same id"});
    }
    if (auto place = refused_.find(wanted); place != refused_.end()) {
        const bool full = place->second.starts_with("queue_full");
        return leave(Error{full ? ErrorCode::overloaded : ErrorCode::invalid, place->second});
    }
    return leave(wanted);
}

Result<Outcome> Submitter::Impl::wait(const TaskId& id, std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    if (const auto kept = ended_.find(id); kept != ended_.end()) { return kept->second.outcome; }
    Wait& wait = waits_[id];
    ++wait.callers;
    if (find(id) == nullptr) {  // of another submitter, or ended before: the ventilator knows
        Live& live = live_[id];
        live.id = id;
        live.phase = Live::Phase::accepted;
        accepted_.insert_before(accepted_.front(), live);
        synced_ = {};
        waker_.wake();
    }
    const bool there = changed_.wait_for(lock, timeout, [&] { return closing_ || wait.ended || find(id) == nullptr; });
    std::optional<Ended> ended = wait.ended;
    if (--wait.callers == 0) { waits_.erase(id); }
    if (ended) { return std::move(ended->outcome); }
    if (there && !closing_) { return Error{ErrorCode::not_found, "the ventilator does not know task " + to_string(id)}; }
    return Error{ErrorCode::unavailable, "task " + to_string(id) + " has not ended in the time given"};
}

Status Submitter::Impl::cancel(const TaskId& id) {
    {
        const std::lock_guard lock(mutex_);
        if (cancels_.size() >= kCancelsMax) { return Error{ErrorCode::overloaded, "too many cancellations wait to be sent: try again"}; }
        cancels_.push_back(id);
    }
    waker_.wake();
    return {};
}

void Submitter::Impl::run() {
    while (true) {
        {
            std::unique_lock lock(mutex_);
            if (closing_) { return; }
            send_cancels();
            send_fresh(lock);
            repeat(lock);
            sync(lock);
        }
        net::Socket* const sockets[] = {&events_, &control_};
        (void)net::wait_readable(sockets, &waker_, kRound);
        waker_.drain();
        listen(events_, true);
        listen(control_, false);
    }
}

void Submitter::Impl::send_cancels() {
    while (!cancels_.empty()) {
        const auto count = static_cast<std::ptrdiff_t>(std::min(cancels_.size(), wire::kBatchItemsMax));
        if (!intake_.send(wire::encode(wire::Cancel{{cancels_.begin(), cancels_.begin() + count}}))) { return; }
        cancels_.erase(cancels_.begin(), cancels_.begin() + count);
    }
}

// One Submit with the tasks that `due` hands out, one after the other. Encoded where they lie, sent without the lock.
template <typename Due>
void Submitter::Impl::send_some(Due due, std::unique_lock<std::mutex>& lock) {
    std::vector<const Task*> batch;
    std::size_t bytes = 0;
    while (batch.size() < kSubmitTasks && bytes < wire::kBatchBytesTarget) {
        Live* live = due();
        if (live == nullptr) { break; }
        move(*live, Live::Phase::sent);
        bytes += live->task->payload.size();
        batch.push_back(&*live->task);
    }
    if (batch.empty()) { return; }
    const Bytes frame = wire::encode_submit(client_, batch);
    lock.unlock();
    if (!intake_.send(frame)) { log::debug("submitter: the ventilator does not take tasks; they are sent again"); }
    lock.lock();
}

void Submitter::Impl::send_fresh(std::unique_lock<std::mutex>& lock) {
    const Time time = now();
    if (!joined_ && time - opened_ < kJoinedWithin) { return; }
    while (!fresh_.empty()) {
        send_some([&] {
            Live* live = fresh_.front();
            if (live != nullptr) { live->sent = time; }
            return live;
        }, lock);
    }
}

void Submitter::Impl::repeat(std::unique_lock<std::mutex>& lock) {
    const Time time = now();
    send_some([&]() -> Live* {
        Live* live = sent_.front();
        if (live == nullptr || time - live->sent < options_.repeat_after) { return nullptr; }
        live->sent = time;
        return live;
    }, lock);
}

// Events may be missed (a restart, a full queue): living tasks are asked about in turn, some every repeat_after,
// and in each round once nothing is heard any more.
void Submitter::Impl::sync(std::unique_lock<std::mutex>& lock) {
    const Time time = now();
    const bool silent = time - heard_ >= options_.repeat_after;
    if (accepted_.empty() || time - synced_ < (silent ? std::chrono::milliseconds(kRound) : options_.repeat_after)) { return; }
    synced_ = time;
    wire::Sync ask;
    while (ask.ids.size() < kSyncIds && time - accepted_.front()->sent >= options_.repeat_after) {
        Live& live = *accepted_.front();
        live.sent = time;
        ask.ids.push_back(live.id);
        move(live, Live::Phase::accepted);
    }
    if (ask.ids.empty()) { return; }
    lock.unlock();
    if (!control_.send(wire::encode(ask))) { log::debug("submitter: the ventilator is not there; asked again later"); }
    lock.lock();
}

void Submitter::Impl::listen(net::Socket& socket, bool with_topic) {
    std::string topic;
    Bytes frame;
    for (std::size_t i = 0; i < 256; ++i) {
        if (with_topic ? !socket.receive(topic, frame) : !socket.receive(frame)) { return; }
        auto message = wire::decode(frame);
        auto* events = message ? std::get_if<wire::Events>(&*message) : nullptr;
        if (events == nullptr) {
            log::warn("submitter: a frame was dropped");
            continue;
        }
        {
            const std::lock_guard lock(mutex_);
            if (with_topic) {
                joined_ = true;
                heard_ = now();
            }
            for (const wire::Accepted& alike : events->accepted) {
                for (const TaskId& id : alike.ids) { accepted(id); }
            }
            take(events->events);
        }
        changed_.notify_all();
        tell();
    }
}

void Submitter::Impl::take(std::vector<wire::Event>& events) {
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (i + 2 * kAhead < events.size()) { live_.expect(events[i + 2 * kAhead].id); }
        if (i + kAhead < events.size()) { live_.expect_value(events[i + kAhead].id); }
        on(events[i]);
    }
}

void Submitter::Impl::on(wire::Event& event) {
    if (event.kind == wire::EventKind::ended) { return ended(event); }
    if (event.kind == wire::EventKind::rejected) { return rejected(event); }
    accepted(event.id);
}

void Submitter::Impl::accepted(const TaskId& id) {
    Live* live = find(id);
    if (live == nullptr || live->phase == Live::Phase::accepted) { return; }
    live->task.reset();
    move(*live, Live::Phase::accepted);
    if (callbacks_.on_accepted) { told_.push_back({.id = id, .accepted = true, .over = nullptr}); }
}

void Submitter::Impl::ended(wire::Event& event) {
    Live* live = find(event.id);
    if (live == nullptr) { return; }  // told already
    told_.push_back({.id = event.id, .accepted = live->phase != Live::Phase::accepted, .over = &event});
    erase(*live);
    if (!event.outcome) { event.outcome.emplace(); }
    event.outcome->id = event.id;
    if (event.outcome->error.empty()) { event.outcome->error = event.text; }
    if (const auto wait = waits_.find(event.id); wait != waits_.end()) { wait->second.ended = Ended{event.state, *event.outcome}; }
    if (callbacks_.on_ended) { return; }
    if (ended_.try_emplace(event.id, Ended{event.state, *event.outcome}).second) { ended_order_.push_back(event.id); }
    while (ended_order_.size() > kKeptOutcomesMax) {
        ended_.erase(ended_order_.front());
        ended_order_.pop_front();
    }
}

void Submitter::Impl::rejected(wire::Event& event) {
    Live* live = find(event.id);
    if (live == nullptr) { return; }
    if (live->phase == Live::Phase::accepted) {  // a ventilator in memory mode was restarted
        event.kind = wire::EventKind::ended;
        event.state = TaskState::lost;
        event.outcome.emplace().id = event.id;
        event.outcome->error = event.text;
    }
    erase(*live);
    if (submit_waits_.contains(event.id)) { refused_[event.id] = event.text; }
    told_.push_back({.id = event.id, .accepted = false, .over = &event});
}

// The caller's code: it may submit, and so takes the lock.
void Submitter::Impl::tell() {
    for (const Told& told : told_) {
        if (told.accepted && callbacks_.on_accepted) { callbacks_.on_accepted(told.id); }
        if (told.over == nullptr) { continue; }
        const wire::Event& event = *told.over;
        if (event.kind == wire::EventKind::rejected) {
            if (callbacks_.on_rejected) { callbacks_.on_rejected(event.id, event.text); }
        } else if (callbacks_.on_ended) {
            callbacks_.on_ended(event.id, event.state, *event.outcome);
        }
    }
    told_.clear();
}

Submitter::Submitter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Submitter::Submitter(Submitter&&) noexcept = default;
Submitter& Submitter::operator=(Submitter&&) noexcept = default;
Submitter::~Submitter() = default;

Result<Submitter> Submitter::open(const SubmitterOptions& options, SubmitterCallbacks callbacks) {
    auto impl = Impl::open(options, std::move(callbacks));
    if (!impl) { return impl.error(); }
    return Submitter(std::move(*impl));
}
Result<TaskId> Submitter::submit(Task task, std::chrono::milliseconds timeout) { return impl_->submit(std::move(task), timeout); }
Result<TaskId> Submitter::submit_async(Task task) { return impl_->submit_async(std::move(task)); }
Result<Outcome> Submitter::wait(const TaskId& id, std::chrono::milliseconds timeout) { return impl_->wait(id, timeout); }
Status Submitter::cancel(const TaskId& id) { return impl_->cancel(id); }

}  // namespace v1
}  // namespace nias
