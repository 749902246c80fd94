// The side of the thread: it sends what the core says is due, and listens.
#include "service/submitter/impl.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "wire/codec/codec.hpp"
#include "wire/limits.hpp"

namespace nias {
inline namespace v1 {
namespace {

constexpr std::size_t kFramesARound = 256;

constexpr auto kLately = std::chrono::seconds(1);

using Kind = core::SubmitEffects::Kind;

ErrorCode code_of(wire::Refusal refusal) {
    switch (refusal) {
        case wire::Refusal::queue_full: return ErrorCode::overloaded;
        case wire::Refusal::conflict: return ErrorCode::conflict;
        case wire::Refusal::unknown: return ErrorCode::not_found;
        case wire::Refusal::invalid: return ErrorCode::invalid;
    }
    return ErrorCode::invalid;
}

}  // namespace

void Submitter::Impl::run() {
    {
        const std::lock_guard lock(mutex_);
        loop_ = std::this_thread::get_id();
    }
    while (true) {
        auto patience = std::chrono::milliseconds(0);
        {
            std::unique_lock lock(mutex_);
            if (closing_) { return break_promises(); }
            core_.tick(now(), effects_);
            answer();
            if (!effects_.told.empty()) { changed_.notify_all(); }  // there is room for others
            send(lock);
            ask(lock);
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
    }
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
        if (events == nullptr) {
            log::warn("submitter: a frame was dropped");
            continue;
        }
        {
            const std::lock_guard lock(mutex_);
            if (with_topic) { core_.heard(now()); }
            core_.on(*events, effects_);
            answer();
        }
        changed_.notify_all();
        tell();
    }
}

void Submitter::Impl::answer() {
    const bool nobody_waits = waits_.empty() && promised_.empty() && submit_waits_.empty();
    if (nobody_waits && callbacks_.on_ended) { return; }
    for (const core::SubmitEffects::Told& told : effects_.told) { answer(told); }
}

void Submitter::Impl::answer(const core::SubmitEffects::Told& told) {
    switch (told.kind) {
        case Kind::accepted: return;
        case Kind::ended: {
            const wire::Event event = told.run->item(told.place);
            return keep_outcome(told.id, event.state, *event.outcome);
        }
        case Kind::refused: {
            const Error error{code_of(wire::refusal_of(told.event->text)), told.event->text};
            keep_promises(told.id, error);
            if (submit_waits_.contains(told.id)) { refused_[told.id] = error; }
            return;
        }
        case Kind::unknown:  // a waiting caller finds that it does not live
        case Kind::gone: keep_promises(told.id, Error{ErrorCode::not_found, told.event->text}); return;
        case Kind::given_up: keep_promises(told.id, no_answer(now() - kLately)); return;
    }
}

// For those who wait, or where nobody is called back, for those who will ask.
void Submitter::Impl::keep_outcome(const TaskId& id, TaskState state, Outcome outcome) {
    const auto waited = waits_.find(id);
    if (waited != waits_.end()) { waited->second.ended = Ended{state, outcome}; }
    if (keep_promises(id, outcome) || callbacks_.on_ended) { return; }
    if (ended_.try_emplace(id, Ended{state, std::move(outcome)}).second) { ended_order_.push_back(id); }
    while (ended_order_.size() > kKeptOutcomesMax) {
        ended_.erase(ended_order_.front());
        ended_order_.pop_front();
    }
}

bool Submitter::Impl::keep_promises(const TaskId& id, const Result<Outcome>& result) {
    const auto place = promised_.find(id);
    if (place == promised_.end()) { return false; }
    for (auto& [call, promise] : place->second) { promise.set_value(result); }
    promised_.erase(place);
    return true;
}

void Submitter::Impl::break_promise(const TaskId& id, std::uint64_t call, const Error& error) {
    const auto place = promised_.find(id);
    if (place == promised_.end()) { return; }
    const auto one = std::find_if(place->second.begin(), place->second.end(),
                                  [&](const Promise& promise) { return promise.call == call; });
    if (one == place->second.end()) { return; }
    one->promise.set_value(error);
    place->second.erase(one);
    if (place->second.empty()) { promised_.erase(place); }
}

void Submitter::Impl::break_promises() {
    for (auto& [id, promises] : promised_) {
        for (auto& [call, promise] : promises) {
            promise.set_value(Error{ErrorCode::unavailable,
                                    "the submitter was closed before task " + to_string(id) +
                                        " had ended; submitted again with the same id it is the same task"});
        }
    }
    promised_.clear();
}

// The caller's code: it may submit, and so takes the lock. In a run only id and output change from one to the
// next.
void Submitter::Impl::tell() {
    if (effects_.told.empty()) { return; }
    const wire::Run<wire::Event>* run = nullptr;
    wire::Event event;
    guard_.begin(now());
    for (const core::SubmitEffects::Told& told : effects_.told) {
        switch (told.kind) {
            case Kind::accepted:
                if (!callbacks_.on_accepted) { break; }
                guard_.call("on_accepted", [&] { callbacks_.on_accepted(told.id); });
                break;
            case Kind::ended:
                if (!callbacks_.on_ended) { break; }
                if (run != told.run) { event = told.run->shared; }
                run = told.run;
                run->fill(event, told.place);
                guard_.call("on_ended", [&] { callbacks_.on_ended(event.id, event.state, *event.outcome); });
                break;
            case Kind::refused:
                if (!callbacks_.on_rejected) { break; }
                guard_.call("on_rejected", [&] { callbacks_.on_rejected(told.id, told.event->text); });
                break;
            case Kind::gone:
                if (!callbacks_.on_ended) { break; }
                guard_.call("on_ended",
                            [&] { callbacks_.on_ended(told.id, told.event->state, *told.event->outcome); });
                break;
            case Kind::unknown:
            case Kind::given_up: break;
        }
    }
    guard_.end(now());
    effects_.clear();
}

}  // namespace v1
}  // namespace nias
