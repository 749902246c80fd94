// The side of the thread: it sends what the core says is due, and listens.
#include "service/submitter/impl.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "service/in_process.hpp"
#include "wire/codec/codec.hpp"
#include "wire/limits.hpp"

namespace nias {
inline namespace v1 {
namespace {

constexpr std::size_t kFramesARound = 256;

constexpr auto kLately = std::chrono::seconds(1);

using Kind = core::SubmitEffects::Kind;

}  // namespace

Error Submitter::Impl::error_of(const wire::Event& rejected) {
    switch (rejected.code) {
        case wire::EventCode::queue_full: return {ErrorCode::overloaded, rejected.text};
        case wire::EventCode::conflict: return {ErrorCode::conflict, rejected.text};
        case wire::EventCode::unknown: return {ErrorCode::not_found, rejected.text};
        case wire::EventCode::invalid:
        case wire::EventCode::none: return {ErrorCode::invalid, rejected.text};
    }
    return {ErrorCode::invalid, rejected.text};
}

void Submitter::Impl::run() {
    {
        const std::lock_guard lock(mutex_);
        loop_ = std::this_thread::get_id();
    }
    while (true) {
        auto patience = std::chrono::milliseconds(0);
        {
            std::unique_lock lock(mutex_);
            if (closing_) {
                break_promises();
                break;
            }
            core_.tick(now(), effects_);
            answer();
            if (!effects_.told.empty()) { changed_.notify_all(); }  // there is room for others
            send(lock);
            ask(lock);
            send_questions(lock);
            patience = std::chrono::ceil<std::chrono::milliseconds>(core_.patience());
        }
        tell();
        net::Socket* const sockets[] = {&events_, &control_};
        const auto readable = net::wait_readable(sockets, &waker_, patience);
        waker_.drain();
        if (readable[0]) { listen(events_, true); }
        if (readable[1]) { listen(control_, false); }
        for (net::Socket* const socket : {&intake_, &control_, &events_}) {
            if (const std::string words = socket->tend(now()); !words.empty()) { log::warn(words); }
        }
        const std::lock_guard lock(mutex_);
        denied_ = intake_.refusal();
    }
    effects_.clear();  // no callback begins any more, but who waits for an outcome is answered
    tell();
}

// A frame that was not taken (a full queue, a connection that is not there yet) is tried again in every
// round, and nothing more is asked of the core before: the tasks behind it need not wait for repeat_after.
void Submitter::Impl::send(std::unique_lock<std::mutex>& lock) {
    if (!stuck_.empty() && !give(std::exchange(stuck_, {}), lock)) { return; }
    wire::Cancel cancel;
    while (core_.next_cancel(now(), cancel)) {
        if (!give(wire::encode(cancel), lock)) { return; }
    }
    std::vector<const wire::Run<Task>*> runs;
    while (core_.next_submit(now(), runs)) {
        if (!give(wire::encode_submit(client_, runs), lock)) { return; }
    }
}

bool Submitter::Impl::give(Bytes frame, std::unique_lock<std::mutex>& lock) {
    lock.unlock();
    const bool taken = static_cast<bool>(intake_.give(frame));
    if (!taken) {
        log::debug("submitter: the ventilator takes nothing at present; it is tried again");
        stuck_ = std::move(frame);
    }
    lock.lock();
    return taken;
}

void Submitter::Impl::ask(std::unique_lock<std::mutex>& lock) {
    wire::Sync sync;
    if (!core_.next_sync(now(), sync)) { return; }
    lock.unlock();
    if (!control_.send(wire::encode(sync))) {
        log::debug("submitter: the ventilator is not there; asked again later");
    }
    lock.lock();
}

void Submitter::Impl::listen(net::Socket& socket, bool with_topic) {
    std::string topic;
    std::span<std::uint8_t> frame;
    for (std::size_t i = 0; i < kFramesARound; ++i) {
        if (with_topic ? !socket.receive(topic, frame) : !socket.receive(frame)) { return; }
        auto message = wire::decode(frame);
        auto* events = message ? std::get_if<wire::Events>(&*message) : nullptr;
        const bool is_answer = message && (std::holds_alternative<wire::TaskList>(*message) ||
                                           std::holds_alternative<wire::Explained>(*message));
        if (events == nullptr && !is_answer) {
            log::warn("submitter: a frame was dropped");
            continue;
        }
        {
            const std::lock_guard lock(mutex_);
            if (!with_topic) { receive_answer(*message); }
            if (with_topic) { note_heard(); }
            if (events != nullptr) {
                core_.on(*events, effects_);
                answer();
            }
        }
        changed_.notify_all();
        tell();
    }
}

void Submitter::Impl::note_heard() {
    if (!core_.heard_at() && options_.in_process) { options_.in_process->arrivals->add(); }
    core_.heard(now());
}

void Submitter::Impl::answer() {
    const bool nobody_waits = waits_.empty() && promised_.empty() && submit_waits_.empty() && groups_.empty();
    if (nobody_waits && callbacks_.on_ended) { return; }
    for (const core::SubmitEffects::Told& told : effects_.told) { answer(told); }
}

void Submitter::Impl::answer(const core::SubmitEffects::Told& told) {
    switch (told.kind) {
        case Kind::accepted: return;
        case Kind::ended: {
            const wire::Event event = told.run->item(told.place);
            const bool is_member = tell_group(event.group, told.id, *event.outcome);
            return keep_outcome(told.id, event.state, *event.outcome, is_member);
        }
        case Kind::refused: {
            const Error error = error_of(*told.event);
            tell_group({}, told.id, error);
            keep_promises(told.id, error);
            if (submit_waits_.contains(told.id)) { refused_[told.id] = error; }
            return;
        }
        case Kind::unknown:  // a waiting caller finds that it does not live
        case Kind::gone: {
            const Error error{ErrorCode::not_found, told.event->text};
            tell_group({}, told.id, error);
            keep_promises(told.id, error);
            return;
        }
        case Kind::given_up: keep_promises(told.id, no_answer(now() - kLately)); return;
    }
}

// For those who wait, or where nobody is called back, for those who will ask.
void Submitter::Impl::keep_outcome(const TaskId& id, TaskState state, Outcome outcome, bool is_told) {
    const auto waited = waits_.find(id);
    if (waited != waits_.end()) { waited->second.ended = Ended{state, outcome}; }
    if (keep_promises(id, outcome) || callbacks_.on_ended || is_told) { return; }
    if (ended_.try_emplace(id, Ended{state, std::move(outcome)}).second) { ended_order_.push_back(id); }
    while (ended_order_.size() > kKeptOutcomesMax) {
        ended_.erase(ended_order_.front());
        ended_order_.pop_front();
    }
}

void Submitter::Impl::keep(Promise& promise, const Result<Outcome>& result) {
    if (promise.then) {
        thens_.emplace_back(std::move(promise.then), result);
    } else {
        promise.promise.set_value(result);
    }
}

bool Submitter::Impl::keep_promises(const TaskId& id, const Result<Outcome>& result) {
    const auto place = promised_.find(id);
    if (place == promised_.end()) { return false; }
    for (Promise& promise : place->second) { keep(promise, result); }
    promised_.erase(place);
    return true;
}

void Submitter::Impl::break_promise(const TaskId& id, std::uint64_t call, const Error& error) {
    const auto place = promised_.find(id);
    if (place == promised_.end()) { return; }
    const auto one = std::find_if(place->second.begin(), place->second.end(),
                                  [&](const Promise& promise) { return promise.call == call; });
    if (one == place->second.end()) { return; }
    if (!one->then) { one->promise.set_value(error); }  // a function's caller is told by what it is returned
    place->second.erase(one);
    if (place->second.empty()) { promised_.erase(place); }
}

void Submitter::Impl::break_promises() {
    for (auto& [id, promises] : promised_) {
        for (Promise& promise : promises) {
            keep(promise, Error{ErrorCode::unavailable,
                                "the submitter was closed before task " + to_string(id) +
                                    " had ended; submitted again with the same id it is the same task"});
        }
    }
    promised_.clear();
    for (const auto& [id, news] : news_of_groups_) { news.wake(); }
}

}  // namespace v1
}  // namespace nias
