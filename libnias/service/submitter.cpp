// A submitter's shell: one thread of its own sends, repeats and listens; callers hand tasks over a bounded
// queue. End-to-end acknowledgement (decision 1): repeated until accepted, asked about until ended.
#include <nias/submitter.hpp>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "net/socket.hpp"
#include "wire/codec.hpp"
#include "wire/limits.hpp"

namespace nias {
inline namespace v1 {
namespace {

constexpr std::size_t kKeptOutcomesMax = 65536;  // for wait(); older ones are asked for again
constexpr std::size_t kSyncIds = 256;            // asked about in one round
constexpr std::size_t kSubmitTasks = 256;
constexpr std::size_t kCancelsMax = 65536;

std::string hex(std::uint64_t value) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out(16, '0');
    for (std::size_t i = 16; i-- > 0; value >>= 4U) { out[i] = digits[value & 15U]; }
    return out;
}

}  // namespace

class Submitter::Impl {
public:
    Impl(SubmitterOptions options, SubmitterCallbacks callbacks, net::Context context, net::Socket intake, net::Socket control, net::Socket events)
        : options_(std::move(options)), callbacks_(std::move(callbacks)), context_(std::move(context)), client_(hex(make_incarnation())),
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
    struct Pending {
        Task task;
        Time sent{};
    };
    struct Ended {
        TaskState state = TaskState::succeeded;
        Outcome outcome;
    };

    void run();
    void send_fresh(std::unique_lock<std::mutex>& lock);
    void repeat(std::unique_lock<std::mutex>& lock);
    void sync(std::unique_lock<std::mutex>& lock);
    void listen(net::Socket& socket, bool with_topic);
    void on(const wire::Event& event);
    void ended(const wire::Event& event);
    void rejected(const wire::Event& event);
    void send_submit(std::vector<Task> tasks);

    SubmitterOptions options_;
    SubmitterCallbacks callbacks_;
    net::Context context_;
    std::string client_;
    net::Socket intake_, control_, events_;  // touched by thread_ only, once it runs
    net::Waker waker_;

    std::mutex mutex_;                       // guards all below
    std::condition_variable changed_;
    bool closing_ = false;
    std::deque<TaskId> fresh_;               // pending and never sent
    std::unordered_map<TaskId, Pending> pending_;    // not yet accepted; at most in_flight_max
    std::unordered_set<TaskId> accepted_;            // living
    std::unordered_map<TaskId, std::string> refused_;  // only of callers that wait in submit()
    std::unordered_set<TaskId> submit_waits_;
    std::unordered_map<TaskId, Ended> ended_;        // at most kKeptOutcomesMax
    std::deque<TaskId> ended_order_;
    std::deque<TaskId> sync_order_;
    std::vector<TaskId> cancels_;
    Time repeated_{};
    Time synced_{};
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
    if (task.id == TaskId{}) { task.id = make_task_id(unix_ms_now()); }
    const TaskId id = task.id;
    bool first = false;
    {
        std::unique_lock lock(mutex_);
        if (std::this_thread::get_id() != thread_.get_id()) {
            changed_.wait(lock, [this] { return closing_ || pending_.size() < options_.in_flight_max; });
        }
        if (closing_) { return Error{ErrorCode::unavailable, "the submitter is closing"}; }
        first = fresh_.empty();
        if (pending_.try_emplace(id, Pending{std::move(task), {}}).second) { fresh_.push_back(id); }
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
    const bool answered = changed_.wait_for(lock, timeout, [&] { return closing_ || !pending_.contains(wanted); });
    if (!answered || closing_) {
        pending_.erase(wanted);
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
    if (!ended_.contains(id) && !pending_.contains(id) && accepted_.insert(id).second) { sync_order_.push_front(id); }
    synced_ = {};  // ask at once
    waker_.wake();
    const bool there = changed_.wait_for(lock, timeout, [&] { return closing_ || ended_.contains(id) || (!accepted_.contains(id) && !pending_.contains(id)); });
    if (auto place = ended_.find(id); place != ended_.end()) { return place->second.outcome; }
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
            send_fresh(lock);
            repeat(lock);
            sync(lock);
        }
        net::Socket* const sockets[] = {&events_, &control_};
        (void)net::wait_readable(sockets, &waker_, std::chrono::milliseconds(50));
        waker_.drain();
        listen(events_, true);
        listen(control_, false);
    }
}

void Submitter::Impl::send_submit(std::vector<Task> tasks) {
    if (!intake_.send(wire::encode(wire::Submit{client_, std::move(tasks)}))) {
        log::debug("submitter: the ventilator does not take tasks; they are sent again");
    }
}

void Submitter::Impl::send_fresh(std::unique_lock<std::mutex>& lock) {
    if (!cancels_.empty()) {
        const std::size_t count = std::min(cancels_.size(), wire::kBatchItemsMax);
        wire::Cancel cancel{{cancels_.begin(), cancels_.begin() + static_cast<std::ptrdiff_t>(count)}};
        if (intake_.send(wire::encode(cancel))) { cancels_.erase(cancels_.begin(), cancels_.begin() + static_cast<std::ptrdiff_t>(count)); }
    }
    while (!fresh_.empty()) {
        std::vector<Task> batch;
        std::size_t bytes = 0;
        const Time time = now();
        while (!fresh_.empty() && batch.size() < kSubmitTasks && bytes < wire::kBatchBytesTarget) {
            auto place = pending_.find(fresh_.front());
            fresh_.pop_front();
            if (place == pending_.end()) { continue; }
            place->second.sent = time;
            bytes += place->second.task.payload.size();
            batch.push_back(place->second.task);
        }
        if (batch.empty()) { return; }
        lock.unlock();
        send_submit(std::move(batch));
        lock.lock();
    }
}

void Submitter::Impl::repeat(std::unique_lock<std::mutex>& lock) {
    const Time time = now();
    if (time - repeated_ < options_.repeat_after / 4) { return; }
    repeated_ = time;
    std::vector<Task> late;
    std::size_t bytes = 0;
    for (auto& [id, pending] : pending_) {
        if (pending.sent == Time{} || time - pending.sent < options_.repeat_after) { continue; }
        pending.sent = time;
        bytes += pending.task.payload.size();
        late.push_back(pending.task);
        if (late.size() >= kSubmitTasks || bytes > wire::kBatchBytesTarget) { break; }
    }
    if (late.empty()) { return; }
    lock.unlock();
    send_submit(std::move(late));
    lock.lock();
}

// Events may be missed (a slow joiner, a restart): living tasks are asked about in turn.
void Submitter::Impl::sync(std::unique_lock<std::mutex>& lock) {
    const Time time = now();
    if (accepted_.empty() || time - synced_ < options_.repeat_after) { return; }
    synced_ = time;
    wire::Sync ask;
    for (std::size_t looked = sync_order_.size(); looked > 0 && ask.ids.size() < kSyncIds; --looked) {
        const TaskId id = sync_order_.front();
        sync_order_.pop_front();
        if (!accepted_.contains(id)) { continue; }
        ask.ids.push_back(id);
        sync_order_.push_back(id);
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
        const auto* events = message ? std::get_if<wire::Events>(&*message) : nullptr;
        if (events == nullptr) {
            log::warn("submitter: a frame was dropped");
            continue;
        }
        for (const wire::Event& event : events->events) { on(event); }
        changed_.notify_all();
    }
}

void Submitter::Impl::on(const wire::Event& event) {
    if (event.kind == wire::EventKind::ended) { return ended(event); }
    if (event.kind == wire::EventKind::rejected) { return rejected(event); }
    bool taken = false;
    {
        const std::lock_guard lock(mutex_);
        taken = pending_.erase(event.id) > 0;
        if (taken && accepted_.insert(event.id).second) { sync_order_.push_back(event.id); }
    }
    if (taken && callbacks_.on_accepted) { callbacks_.on_accepted(event.id); }
}

void Submitter::Impl::ended(const wire::Event& event) {
    Outcome outcome = event.outcome.value_or(Outcome{});
    outcome.id = event.id;
    if (outcome.error.empty()) { outcome.error = event.text; }
    bool accepted = false;
    {
        const std::lock_guard lock(mutex_);
        accepted = pending_.erase(event.id) > 0;
        const bool known = accepted_.erase(event.id) > 0;
        if (!accepted && !known) { return; }  // told already
        if (ended_.try_emplace(event.id, Ended{event.state, outcome}).second) { ended_order_.push_back(event.id); }
        while (ended_order_.size() > kKeptOutcomesMax) {
            ended_.erase(ended_order_.front());
            ended_order_.pop_front();
        }
    }
    if (accepted && callbacks_.on_accepted) { callbacks_.on_accepted(event.id); }
    if (callbacks_.on_ended) { callbacks_.on_ended(event.id, event.state, outcome); }
}

void Submitter::Impl::rejected(const wire::Event& event) {
    bool was_pending = false;
    bool was_accepted = false;
    {
        const std::lock_guard lock(mutex_);
        was_pending = pending_.erase(event.id) > 0;
        was_accepted = !was_pending && accepted_.erase(event.id) > 0;
        if (submit_waits_.contains(event.id)) { refused_[event.id] = event.text; }
    }
    if (was_pending && callbacks_.on_rejected) { callbacks_.on_rejected(event.id, event.text); }
    if (was_accepted && callbacks_.on_ended) {  // a ventilator in memory mode was restarted
        Outcome outcome;
        outcome.id = event.id;
        outcome.error = event.text;
        callbacks_.on_ended(event.id, TaskState::lost, outcome);
    }
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
