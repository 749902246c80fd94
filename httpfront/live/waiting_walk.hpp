/// Where to look for the task that has waited longest. Tasks that have ended stay in the ledger, and a search
/// from the beginning passes over all of them; so a search begins where the last one ended, and from time to
/// time at the beginning, because a task that was made earlier may have come later. Pure; used by the history
/// of the queue.
#pragma once

#include "base/clock_types.hpp"
#include "store/ledger/ledger.hpp"

namespace nias::httpfront {

class WaitingWalk {
public:
    /// The id from which to look at this time; all zero: from the beginning.
    [[nodiscard]] TaskId from(Time at) const { return at < whole_at_ ? from_ : TaskId{}; }
    /// A search from `from` took so long and found this task, or that none waits.
    void walked(const TaskId& from, Time begun, Time ended, const std::optional<store::WaitingTask>& found);

private:
    TaskId from_;
    Time whole_at_{};  ///< when to look from the beginning again
};

}  // namespace nias::httpfront
