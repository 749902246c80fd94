// Callbacks: on the submitter's own thread, or where the options are `dispatched`, on that of the program's
// loop.
#include "service/submitter/impl.hpp"

namespace nias {
inline namespace v1 {

using Kind = core::SubmitEffects::Kind;

// The caller's code: it may submit, and so takes the lock. In a run only id and output change from one to the
// next.
void Submitter::Impl::tell() {
    if (options_.dispatched) { return leave_for_dispatch(); }
    std::vector<Then> thens;
    {
        const std::lock_guard lock(mutex_);
        thens.swap(thens_);
    }
    if (effects_.told.empty() && thens.empty()) { return; }
    guard_.begin(now());
    tell_told();
    call(thens);
    guard_.end(now());
    effects_.clear();
}

void Submitter::Impl::tell_told() {
    const wire::Run<wire::Event>* run = nullptr;
    wire::Event event;
    for (const core::SubmitEffects::Told& told : effects_.told) {
        switch (told.kind) {
            case Kind::accepted: call_accepted(told.id); break;
            case Kind::ended:
                if (!callbacks_.on_ended) { break; }
                if (run != told.run) { event = told.run->shared; }
                run = told.run;
                run->fill(event, told.place);
                call_ended(event.id, event.state, *event.outcome);
                break;
            case Kind::refused: call_rejected(told.id, error_of(*told.event)); break;
            case Kind::gone: call_ended(told.id, told.event->state, *told.event->outcome); break;
            case Kind::unknown:
            case Kind::given_up: break;
        }
    }
}

void Submitter::Impl::call_accepted(const TaskId& id) {
    if (!callbacks_.on_accepted) { return; }
    guard_.call("on_accepted", [&] { callbacks_.on_accepted(id); });
}

void Submitter::Impl::call_rejected(const TaskId& id, const Error& why) {
    if (!callbacks_.on_rejected) { return; }
    guard_.call("on_rejected", [&] { callbacks_.on_rejected(id, why); });
}

void Submitter::Impl::call_ended(const TaskId& id, TaskState state, const Outcome& outcome) {
    if (!callbacks_.on_ended) { return; }
    guard_.call("on_ended", [&] { callbacks_.on_ended(id, state, outcome); });
}

void Submitter::Impl::call(std::vector<Then>& thens) {
    for (auto& [then, result] : thens) {
        guard_.call("submit_then's function", [&] { then(std::move(result)); });
    }
}

// The news is copied, since the events that it points at are gone when the program's loop comes to it.
void Submitter::Impl::leave_for_dispatch() {
    const std::lock_guard lock(mutex_);
    for (const core::SubmitEffects::Told& told : effects_.told) {
        switch (told.kind) {
            case Kind::accepted:
                if (callbacks_.on_accepted) {
                    due_.push_back({told.kind, {}});
                    due_.back().event.id = told.id;
                }
                break;
            case Kind::ended:
                if (callbacks_.on_ended) { due_.push_back({told.kind, told.run->item(told.place)}); }
                break;
            case Kind::refused:
                if (callbacks_.on_rejected) { due_.push_back({told.kind, *told.event}); }
                break;
            case Kind::gone:
                if (callbacks_.on_ended) { due_.push_back({told.kind, *told.event}); }
                break;
            case Kind::unknown:
            case Kind::given_up: break;
        }
    }
    effects_.clear();
    if (!due_.empty() || !thens_.empty()) { dispatches_.wake(); }
}

std::size_t Submitter::Impl::dispatch() {
    if (!options_.dispatched || !is_own()) { return 0; }
    std::vector<Due> due;
    std::vector<Then> thens;
    {
        const std::lock_guard lock(mutex_);
        dispatches_.drain();
        due.swap(due_);
        thens.swap(thens_);
    }
    for (const auto& [kind, event] : due) {
        switch (kind) {
            case Kind::accepted: call_accepted(event.id); break;
            case Kind::ended:
            case Kind::gone: call_ended(event.id, event.state, *event.outcome); break;
            case Kind::refused: call_rejected(event.id, error_of(event)); break;
            case Kind::unknown:
            case Kind::given_up: break;
        }
    }
    call(thens);
    return due.size() + thens.size();
}

}  // namespace v1
}  // namespace nias
