#include "live/soft_states.hpp"

namespace nias::httpfront {
namespace {

constexpr std::chrono::seconds kFresh{2};  // the ledger has it long before
constexpr std::size_t kHeardMax = 20'000;

}  // namespace

void SoftStates::heard(const TaskId& id, TaskState state, Attempt attempt, Time at, std::int64_t unix_ms) {
    const std::lock_guard lock(mutex_);
    forget_old(at);
    if (has_ended(state)) {  // the ledger had it first
        states_.erase(id);
        return;
    }
    states_.insert_or_assign(id, Heard{state, attempt, at, unix_ms});
    order_.emplace_back(at, id);
}

void SoftStates::forget_old(Time at) {
    while (!order_.empty() && (order_.size() >= kHeardMax || order_.front().first + kFresh < at)) {
        const auto found = states_.find(order_.front().second);
        if (found != states_.end() && found->second.at == order_.front().first) { states_.erase(found); }
        order_.pop_front();
    }
}

void SoftStates::apply(store::TaskRecord& record, Time at) const {
    if (has_ended(record.state)) { return; }
    const std::lock_guard lock(mutex_);
    const auto found = states_.find(record.task.id);
    if (found == states_.end() || found->second.at + kFresh < at ||
        found->second.attempt < record.task.attempt) {
        return;
    }
    record.state = found->second.state;
    record.task.attempt = found->second.attempt;
    if (record.state == TaskState::running && record.started_unix_ms == 0) {
        record.started_unix_ms = found->second.unix_ms;
    }
}

}  // namespace nias::httpfront
