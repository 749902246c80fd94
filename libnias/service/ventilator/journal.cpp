#include "service/ventilator/journal.hpp"

#include <utility>

namespace nias::service {

Journal::Journal(store::Ledger ledger, const net::Waker& loop)
    : ledger_(std::move(ledger)), loop_(loop), thread_([this] { run(); }) {}

Journal::~Journal() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void Journal::write(Batch batch, Forgets forgets) {
    batch_ = std::move(batch);
    forgets_ = std::move(forgets);
    if (batch_.size() + forgets_.size() < kInPlaceMax) {
        result_ = commit(batch_);
        batch_.clear();
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        given_ = true;
    }
    changed_.notify_all();
}

std::optional<Status> Journal::done() {
    const std::lock_guard lock(mutex_);
    if (given_) { return std::nullopt; }
    return result_;
}

Status Journal::wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !given_; });
    return result_;
}

void Journal::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return given_ || closing_; });
        if (!given_) { return; }
        lock.unlock();
        Status result = commit(batch_);
        batch_.clear();
        lock.lock();
        result_ = std::move(result);
        given_ = false;
        lock.unlock();
        changed_.notify_all();
        loop_.wake();
        lock.lock();
    }
}

// Writes the kinds of entries in the order in which a task can have them: additions, states, ends. The first
// error ends it: nothing of the batch is committed then, and nothing of it is told.
Status Journal::commit(const Batch& batch) {
    adds_.clear();
    ends_.clear();
    for (const Batch::Adds& one : batch.adds()) { adds_.push_back({&one.tasks, one.client, one.unix_ms}); }
    for (const Batch::Ends& one : batch.ends()) {
        ends_.push_back({one.state, one.attempt, one.outcomes.shared.worker, one.reason, one.unix_ms,
                         &one.outcomes, true});
    }
    if (auto begun = ledger_.begin(); !begun) { return begun; }
    if (auto added = ledger_.add(adds_); !added) { return added; }
    for (const core::JournalState& state : batch.states()) {
        if (state.soft) { continue; }
        auto changed = ledger_.change({.id = state.id,
                                       .state = state.state,
                                       .attempt = state.attempt,
                                       .worker = state.worker,
                                       .reason = state.reason,
                                       .unix_ms = state.unix_ms,
                                       .issued = state.issued,
                                       .failures = state.failures,
                                       .open = state.open});
        if (!changed) { return changed; }
    }
    for (const core::JournalOrder& order : batch.orders()) {
        auto noted = ledger_.order(
            {.worker = order.worker, .kind = order.kind, .reason = order.reason, .unix_ms = order.unix_ms});
        if (!noted) { return noted; }
    }
    if (auto ended = ledger_.end(ends_); !ended) { return ended; }
    if (auto forgotten = ledger_.forget(forgets_); !forgotten) { return forgotten; }
    return ledger_.commit();
}

}  // namespace nias::service
