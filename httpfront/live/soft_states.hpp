/// States that were heard a moment ago and that the ledger may not show yet. Any thread. Used by event_hub.
#pragma once

#include <deque>
#include <mutex>
#include <unordered_map>

#include "base/clock.hpp"
#include "store/ledger/ledger.hpp"

namespace nias::httpfront {

class SoftStates {
public:
    void heard(const TaskId& id, TaskState state, Attempt attempt, Time at, std::int64_t unix_ms);
    /// Puts a younger state over the record's. An ended record, or one of a later attempt, stays as it is.
    void apply(store::TaskRecord& record, Time at) const;

private:
    struct Heard {
        TaskState state;
        Attempt attempt;
        Time at;
        std::int64_t unix_ms;
    };
    void forget_old(Time at);

    mutable std::mutex mutex_;
    std::unordered_map<TaskId, Heard> states_;
    std::deque<std::pair<Time, TaskId>> order_;  // as heard; at most kHeardMax
};

}  // namespace nias::httpfront
