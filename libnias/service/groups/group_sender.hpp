/// Submits groups of tasks whole: a group that was begun is sent to its end, by this process or by the next
/// one that opens the data directory, or else it is cancelled (decision 0031). Used by httpfront and cli. A
/// resource; any thread.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include <nias/submitter.hpp>

#include "service/groups/unsent_groups.hpp"

namespace nias::service {

class GroupSender {
public:
    static Result<std::unique_ptr<GroupSender>> open(SubmitterOptions options, UnsentGroups unsent);
    GroupSender(const GroupSender&) = delete;
    GroupSender& operator=(const GroupSender&) = delete;
    ~GroupSender();  ///< what is not accepted yet is kept for the next process

    /// Submits the tasks of one group, and waits until the ventilator has all of them. A group that is being
    /// sent is waited for. `unavailable`: not all were accepted within `timeout`; the rest is still being
    /// sent. `conflict`: the group was cancelled meanwhile. Else the ventilator refused a task, or the disk
    /// is full: those that were accepted are cancelled.
    [[nodiscard]] Status send(const std::vector<Task>& tasks, std::chrono::milliseconds timeout);
    /// Asks that all tasks of a group end, also those that are still being sent.
    [[nodiscard]] Status cancel(const TaskId& group);
    /// Sends what earlier processes began. A group that cannot be read is logged and left.
    [[nodiscard]] Status resume();
    /// The first task of a group that is still being sent, by this process or another. `not_found`: there is
    /// no such group.
    [[nodiscard]] Result<Task> first_unsent(const TaskId& group) const;

private:
    class Impl;
    explicit GroupSender(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace nias::service
