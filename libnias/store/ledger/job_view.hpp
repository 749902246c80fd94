/// A job as people see it: a task, or the whole of an array as one. Pure. Used by httpfront and cli.
#pragma once

#include <optional>
#include <vector>

#include "store/ledger/ledger.hpp"

namespace nias::store {

struct JobView {
    /// The record of an array is its first member's, with the id of the array, and state and times of the
    /// whole.
    TaskRecord record;
    std::optional<GroupStanding> array{};  ///< nothing: it is a single job
    /// Outcomes of the attempts before the current one, the first one first, where they were read: of a job
    /// that is asked for alone. An attempt that was lost has none.
    std::vector<Outcome> attempts{};

    JobView(TaskRecord single) : record(std::move(single)) {}  // NOLINT(google-explicit-constructor)
    JobView(TaskRecord member, const GroupStanding& standing);
};

/// Whether an id may be that of an array: those end in 32 bits that are all set.
[[nodiscard]] bool may_be_array(const TaskId& id);

}  // namespace nias::store
