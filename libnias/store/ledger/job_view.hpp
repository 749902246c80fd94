/// A job as people see it: a task, or the whole of an array as one. Pure. Used by httpfront and cli.
#pragma once

#include <optional>

#include "store/ledger/ledger.hpp"

namespace nias::store {

struct JobView {
    /// The record of an array is its first member's, with the id of the array, and state and times of the
    /// whole.
    TaskRecord record;
    std::optional<GroupStanding> array{};  ///< nothing: it is a single job

    JobView(TaskRecord single) : record(std::move(single)) {}  // NOLINT(google-explicit-constructor)
    JobView(TaskRecord member, const GroupStanding& standing);
};

/// Whether an id may be that of an array: those end in 32 bits that are all set.
[[nodiscard]] bool may_be_array(const TaskId& id);

}  // namespace nias::store
