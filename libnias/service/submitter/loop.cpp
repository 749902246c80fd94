// The side of the thread: it sends what is fresh, repeats what has no answer, and listens.
#include "service/submitter/impl.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "wire/codec/codec.hpp"
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

/// An end has an outcome, and an outcome its reason.
void complete(wire::Event& event) {
    if (event.kind != wire::EventKind::ended) { return; }
    if (!event.outcome) { event.outcome.emplace().status = status_of(event.state); }
    if (event.outcome->error.empty()) { event.outcome->error = event.text; }
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

// One Submit with the first batches of a list, as far as they are due; sent without the lock.
template <typename IsDue>
void Submitter::Impl::send_some(Batch::List& from, IsDue is_due, std::unique_lock<std::mutex>& lock) {
    const Time time = now();
    std::vector<const wire::Run<Task>*> runs;
    std::size_t tasks = 0;
    std::size_t bytes = 0;
    while (!from.empty() && is_due(from.front())) {
        Batch& batch = from.front();
        leave_out_answered(batch);
        tasks += batch.run().size();
        bytes += batch.bytes();
        if (!runs.empty() && (tasks > kSubmitTasks || bytes > wire::kBatchBytesTarget)) { break; }
        if (batch.said == Time{}) { fresh_tasks_ -= batch.left(); }
        batch.said = time;
        runs.push_back(&batch.run());
        sent_.splice(sent_.end(), from, batch.self);
    }
    if (runs.empty()) { return; }
    Bytes frame = wire::encode_submit(client_, runs);
    lock.unlock();
    if (!intake_.give(frame)) {
        log::debug("submitter: the ventilator does not take tasks; they are sent again");
        stuck_ = std::move(frame);
    }
    lock.lock();
}

void Submitter::Impl::leave_out_answered(Batch& batch) {
    batch.leave_out_answered([this](const TaskId& id, std::uint32_t place) { find(id)->place = place; });
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
        return !sent_.empty() && fresh_tasks_ < kSubmitTasks && time - submitted_ < kHeldBack;
    };
    while (!fresh_.empty() && stuck_.empty() && !held_back()) {
        submitted_ = time;
        send_some(
            fresh_, [](const Batch&) { return true; }, lock);
    }
}

void Submitter::Impl::repeat(std::unique_lock<std::mutex>& lock) {
    if (!stuck_.empty()) { return; }
    const Time time = now();
    send_some(
        sent_, [&](const Batch& batch) { return time - batch.said >= options_.repeat_after; }, lock);
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
    while (ask.ids.size() < kSyncIds && time - accepted_.front()->asked >= options_.repeat_after) {
        Live& live = *accepted_.front();
        live.asked = time;
        ask.ids.push_back(live.id);
        accepted_.remove(live);
        accepted_.push_back(live);
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
            events->events.change_shared(complete);
            for (const wire::Run<wire::Event>& run : events->events.runs()) { take(run); }
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
                rejected(one.event_of(one.ids[i]));
            }
        }
    }
}

void Submitter::Impl::take(const wire::Run<wire::Event>& run) {
    for (std::size_t i = 0; i < run.size(); ++i) {
        if (i + 2 * kAhead < run.size()) { live_.expect(run.ids[i + 2 * kAhead]); }
        if (i + kAhead < run.size()) { live_.expect_value(run.ids[i + kAhead]); }
        switch (run.shared.kind) {
            case wire::EventKind::ended: ended(run, i); break;
            case wire::EventKind::rejected: rejected(run.item(i)); break;
            case wire::EventKind::accepted:
            case wire::EventKind::state: accepted(run.ids[i]); break;
        }
    }
}

void Submitter::Impl::accepted(const TaskId& id) {
    Live* live = find(id);
    if (live == nullptr || live->batch == nullptr) { return; }
    leave_batch(*live);
    accepted_.push_back(*live);
    if (!promised_.empty()) {
        if (const auto place = promised_.find(id); place != promised_.end()) { no_deadline(place->second); }
    }
    if (callbacks_.on_accepted) { told_.push_back({.id = id, .accepted = true}); }
}

void Submitter::Impl::ended(const wire::Run<wire::Event>& run, std::size_t place) {
    const TaskId& id = run.ids[place];
    Live* live = find(id);
    if (live == nullptr) { return; }  // told already
    told_.push_back({.id = id, .accepted = live->batch != nullptr, .ended = &run, .place = place});
    erase(*live);
    const bool waited = !waits_.empty() && waits_.contains(id);
    const bool promised = !promised_.empty() && promised_.contains(id);
    if (!waited && !promised && callbacks_.on_ended) { return; }
    wire::Event event = run.item(place);
    if (waited) { waits_[id].ended = Ended{event.state, *event.outcome}; }
    if (promised) { keep_promises(id, *event.outcome); }
    if (promised || callbacks_.on_ended) { return; }
    if (ended_.try_emplace(id, Ended{event.state, std::move(*event.outcome)}).second) {
        ended_order_.push_back(id);
    }
    while (ended_order_.size() > kKeptOutcomesMax) {
        ended_.erase(ended_order_.front());
        ended_order_.pop_front();
    }
}

void Submitter::Impl::rejected(wire::Event event) {
    Live* live = find(event.id);
    if (live == nullptr) { return; }
    ErrorCode code = event.text.starts_with(kQueueFull) ? ErrorCode::overloaded : ErrorCode::invalid;
    if (live->batch == nullptr) {  // a ventilator in memory mode was restarted
        code = ErrorCode::not_found;
        event.kind = wire::EventKind::ended;
        event.state = TaskState::lost;
        complete(event);
        event.outcome->id = event.id;
    }
    keep_promises(event.id, Error{code, event.text});
    erase(*live);
    if (submit_waits_.contains(event.id)) { refused_[event.id] = event.text; }
    const TaskId id = event.id;
    told_.push_back({.id = id, .over = &unusual_.emplace_back(std::move(event))});
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

// The caller's code: it may submit, and so takes the lock. Of a run only id and output change from one to the
// next.
void Submitter::Impl::tell() {
    const wire::Run<wire::Event>* run = nullptr;
    wire::Event event;
    for (const Told& told : told_) {
        if (told.accepted && callbacks_.on_accepted) { callbacks_.on_accepted(told.id); }
        if (told.ended != nullptr && callbacks_.on_ended) {
            if (run != told.ended) { event = told.ended->shared; }
            run = told.ended;
            run->fill(event, told.place);
            callbacks_.on_ended(event.id, event.state, *event.outcome);
        }
        if (told.over == nullptr) { continue; }
        if (told.over->kind == wire::EventKind::rejected) {
            if (callbacks_.on_rejected) { callbacks_.on_rejected(told.id, told.over->text); }
        } else if (callbacks_.on_ended) {
            callbacks_.on_ended(told.id, told.over->state, *told.over->outcome);
        }
    }
    told_.clear();
    unusual_.clear();
}

}  // namespace v1
}  // namespace nias
