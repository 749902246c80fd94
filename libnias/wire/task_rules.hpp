/// HOME OF THE RULES that a task keeps to before anybody takes it: the bounds of its fields on the wire, and
/// what its fields may mean. Used by the submitter before it queues a task, and by dispatch before it accepts
/// one.
#pragma once

#include <string>

#include <nias/task.hpp>

namespace nias::wire {

/// The first rule that a task breaks, in a sentence that names the field and its bound; empty: it breaks
/// none. The payload is looked at. Of the id, which may still be missing, only the place in a group is.
[[nodiscard]] std::string fault_of(const Task& task);

/// Why a task with this id and else like `shared` cannot have the place in its group that its id tells;
/// empty: it can, or is in none.
[[nodiscard]] std::string fault_of_member(const TaskId& id, const Task& shared);

}  // namespace nias::wire
