// The side of the thread: it sends what is fresh, repeats what has no answer, and listens.
#include "service/submitter_impl.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "wire/codec.hpp"
#include "wire/limits.hpp"

namespace nias {
inline namespace v1 {
namespace {

// For wait(), where there is no callback; older ones are asked for again.
constexpr std::size_t kKeptOutcomesMax = 65536;
constexpr std::size_t kSyncIds = 256;  // asked about in one round
constexpr std::size_t kAhead = 4;      // events by which memory is called for before its use
constexpr auto kRound = std::chrono::milliseconds(50);
constexpr auto kHeldBack = std::chrono::milliseconds(20);  // many times a round trip and a commit
constexpr std::string_view kQueueFull = "queue_full";
constexpr auto kJoinedWithin = std::chrono::milliseconds(500);

/// Of a task whose end came without an outcome.
OutcomeStatus status_of(TaskState state) {
    switch (state) {
        case TaskState::succeeded: return OutcomeStatus::succeeded;
        case TaskState::failed: return OutcomeStatus::failed;
        case TaskState::cancelled: return OutcomeStatus::cancelled;
        case TaskState::timed_out: return OutcomeStatus::timed_out;
        case TaskState::queued:
        case TaskState::assigned:
        case TaskState::running:
        case TaskState::lost: return OutcomeStatus::could_not_run;
    }
    return OutcomeStatus::could_not_run;
}

}  // namespace

void Submitter::Impl::run() {
    while (true) {
        auto patience = kRound;
        {
            std::unique_lock lock(mutex_);
            if (closing_) { return break_promises(); }
            drop_late_promises();
            send_cancels();
            send_stuck();
            send_fresh(lock);
            repeat(lock);
            sync(lock);
            if (!fresh_.empty()) { patience = kHeldBack; }
        }
        net::Socket* const sockets[] = {&events_, &control_};
        const auto readable = net::wait_readable(sockets, &waker_, patience);
        waker_.drain();
        if (readable[0]) { listen(events_, true); }
        if (readable[1]) { listen(control_, false); }
        for (net::Socket* const socket : {&intake_, &control_, &events_}) {
            if (const std::string words = socket->tend(now()); !words.empty()) { log::warn(words); }
        }
    }
}

void Submitter::Impl::send_cancels() {
    while (!cancels_.empty()) {
        const auto count = static_cast<std::ptrdiff_t>(std::min(cancels_.size(), wire::kBatchItemsMax));
        if (!intake_.send(wire::encode(wire::Cancel{{cancels_.begin(), cancels_.begin() + count}}))) {
            return;
        }
        cancels_.erase(cancels_.begin(), cancels_.begin() + count);
    }
}

// One Submit with the tasks that `due` hands out, one after the other; sent without the lock.
template <typename Due>
void Submitter::Impl::send_some(Due due, std::unique_lock<std::mutex>& lock) {
    std::vector<wire::TaskParts> batch;
    std::size_t bytes = 0;
    while (batch.size() < kSubmitTasks && bytes < wire::kBatchBytesTarget) {
        Live* live = due();
        if (live == nullptr) { break; }
        move(*live, Live::Phase::sent);
        bytes += sizeof(TaskId) + live->payload.size() + live->shared->size();
        batch.push_back({&live->id, &live->payload, live->shared.get()});
    }
    if (batch.empty()) { return; }
    Bytes frame = wire::encode_submit(client_, batch);
    lock.unlock();
    if (!intake_.give(frame)) {
        log::debug("submitter: the ventilator does not take tasks; they are sent again");
        stuck_ = std::move(frame);
    }
    lock.lock();
}

// A queue that is full, or a connection that is not there yet, is tried again in every round, and nothing
// more is sent before: the tasks behind it need not wait for repeat_after.
void Submitter::Impl::send_stuck() {
    if (!stuck_.empty() && intake_.give(stuck_)) { stuck_ = {}; }
}

// Fewer than a batch are held back while others are unanswered, as TCP does it (Nagle, RFC 896): the answer
// lets them go, or the time. So a lone task leaves at once, and many leave together.
void Submitter::Impl::send_fresh(std::unique_lock<std::mutex>& lock) {
    const Time time = now();
    if (!joined_ && time - opened_ < kJoinedWithin) { return; }
    const auto held_back = [&] {
        return !sent_.empty() && fresh_.size() < kSubmitTasks && time - submitted_ < kHeldBack;
    };
    while (!fresh_.empty() && stuck_.empty() && !held_back()) {
        submitted_ = time;
        send_some(
            [&] {
                Live* live = fresh_.front();
                if (live != nullptr) { live->sent = time; }
                return live;
            },
            lock);
    }
}

void Submitter::Impl::repeat(std::unique_lock<std::mutex>& lock) {
    if (!stuck_.empty()) { return; }
    const Time time = now();
    send_some(
        [&]() -> Live* {
            Live* live = sent_.front();
            if (live == nullptr || time - live->sent < options_.repeat_after) { return nullptr; }
            live->sent = time;
            return live;
        },
        lock);
}

// Events may be missed (a restart, a full queue): living tasks are asked about in turn, some every
// repeat_after, and in each round once nothing is heard any more.
void Submitter::Impl::sync(std::unique_lock<std::mutex>& lock) {
    const Time time = now();
    const bool silent = time - heard_ >= options_.repeat_after;
    if (accepted_.empty() ||
        time - synced_ < (silent ? std::chrono::milliseconds(kRound) : options_.repeat_after)) {
        return;
    }
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
    if (!control_.send(wire::encode(ask))) {
        log::debug("submitter: the ventilator is not there; asked again later");
    }
    lock.lock();
}

void Submitter::Impl::listen(net::Socket& socket, bool with_topic) {
    std::string topic;
    std::span<std::uint8_t> frame;
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
            take(events->standing);
            take(events->events);
        }
        changed_.notify_all();
        tell();
    }
}

// That a task was given to a worker is not said to anybody here: what is accepted was told before.
void Submitter::Impl::take(const std::vector<wire::Standing>& standing) {
    for (const wire::Standing& one : standing) {
        if (one.kind == wire::EventKind::state) { continue; }
        for (std::size_t i = 0; i < one.ids.size(); ++i) {
            if (i + 2 * kAhead < one.ids.size()) { live_.expect(one.ids[i + 2 * kAhead]); }
            if (i + kAhead < one.ids.size()) { live_.expect_value(one.ids[i + kAhead]); }
            if (one.kind == wire::EventKind::accepted) {
                accepted(one.ids[i]);
            } else {
                on(rejections_.emplace_back(one.event_of(one.ids[i])));
            }
        }
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
    live->payload = {};
    live->shared.reset();
    move(*live, Live::Phase::accepted);
    if (!promised_.empty()) {
        if (const auto place = promised_.find(id); place != promised_.end()) { no_deadline(place->second); }
    }
    if (callbacks_.on_accepted) { told_.push_back({.id = id, .accepted = true, .over = nullptr}); }
}

void Submitter::Impl::ended(wire::Event& event) {
    Live* live = find(event.id);
    if (live == nullptr) { return; }  // told already
    told_.push_back({.id = event.id, .accepted = live->phase != Live::Phase::accepted, .over = &event});
    erase(*live);
    if (!event.outcome) { event.outcome.emplace().status = status_of(event.state); }
    event.outcome->id = event.id;
    if (event.outcome->error.empty()) { event.outcome->error = event.text; }
    if (const auto wait = waits_.find(event.id); wait != waits_.end()) {
        wait->second.ended = Ended{event.state, *event.outcome};
    }
    const bool kept = promised_.contains(event.id);
    if (kept) { keep_promises(event.id, *event.outcome); }
    if (kept || callbacks_.on_ended) { return; }
    if (ended_.try_emplace(event.id, Ended{event.state, *event.outcome}).second) {
        ended_order_.push_back(event.id);
    }
    while (ended_order_.size() > kKeptOutcomesMax) {
        ended_.erase(ended_order_.front());
        ended_order_.pop_front();
    }
}

void Submitter::Impl::rejected(wire::Event& event) {
    Live* live = find(event.id);
    if (live == nullptr) { return; }
    ErrorCode code = event.text.starts_with(kQueueFull) ? ErrorCode::overloaded : ErrorCode::invalid;
    if (live->phase == Live::Phase::accepted) {  // a ventilator in memory mode was restarted
        code = ErrorCode::not_found;
        event.kind = wire::EventKind::ended;
        event.state = TaskState::lost;
        event.outcome.emplace().id = event.id;
        event.outcome->status = status_of(event.state);
        event.outcome->error = event.text;
    }
    keep_promises(event.id, Error{code, event.text});
    erase(*live);
    if (submit_waits_.contains(event.id)) { refused_[event.id] = event.text; }
    told_.push_back({.id = event.id, .accepted = false, .over = &event});
}

void Submitter::Impl::no_deadline(Promised& promised) {
    if (promised.deadline == deadlines_.end()) { return; }
    deadlines_.erase(promised.deadline);
    promised.deadline = deadlines_.end();
}

void Submitter::Impl::keep_promises(const TaskId& id, const Result<Outcome>& result) {
    const auto place = promised_.find(id);
    if (place == promised_.end()) { return; }
    for (auto& promise : place->second.promises) { promise.set_value(result); }
    no_deadline(place->second);
    promised_.erase(place);
}

void Submitter::Impl::drop_late_promises() {
    if (deadlines_.empty()) { return; }
    bool room = false;
    for (const Time time = now(); !deadlines_.empty() && deadlines_.begin()->first <= time; room = true) {
        const TaskId id = deadlines_.begin()->second;
        if (Live* live = find(id)) { erase(*live); }
        keep_promises(id, no_answer());
    }
    if (room) { changed_.notify_all(); }
}

void Submitter::Impl::break_promises() {
    for (auto& [id, promised] : promised_) {
        for (auto& promise : promised.promises) {
            promise.set_value(Error{ErrorCode::unavailable,
                                    "the submitter was closed before task " + to_string(id) +
                                        " had ended; submitted again with the same id it is the same task"});
        }
    }
    promised_.clear();
    deadlines_.clear();
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
    rejections_.clear();
}

}  // namespace v1
}  // namespace nias
