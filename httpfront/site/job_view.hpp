/// A job as people see it: a task, or the whole of an array as one. Pure. Used by stores, api and live.
#pragma once

#include <optional>

#include "store/ledger/ledger.hpp"

namespace nias::httpfront {

struct JobView {
    /// The record of an array is its first member's, with the id of the array, and state and times of the
    /// whole.
    store::TaskRecord record;
    std::optional<store::GroupStanding> array{};  ///< nothing: it is a single job

    JobView(store::TaskRecord single) : record(std::move(single)) {}  // NOLINT(google-explicit-constructor)
    JobView(store::TaskRecord member, const store::GroupStanding& standing);
};

/// Whether an id may be that of an array: those end in 32 bits that are all set.
[[nodiscard]] bool may_be_array(const TaskId& id);

}  // namespace nias::httpfront
