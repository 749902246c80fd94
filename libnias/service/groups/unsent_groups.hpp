/// Groups of tasks whose submission has begun and may be cut short: `<data>/unsent-groups/<group>`, a file
/// each. It holds the tasks until each was accepted, so that whoever starts next sends the rest (decision
/// 0031). Used by group_sender, httpfront and cli; any thread, any process.
#pragma once

#include <string>
#include <vector>

#include <nias/task.hpp>

namespace nias::service {

class UnsentGroups {
public:
    static Result<UnsentGroups> open(const std::string& data_dir);

    /// Keeps the tasks of a group; on stable storage when it returns. `overloaded`: the disk is full.
    [[nodiscard]] Status keep(const std::vector<Task>& tasks) const;
    [[nodiscard]] bool has(const TaskId& group) const;
    /// Lets go of a group; one that is not kept is let go already.
    [[nodiscard]] Status forget(const TaskId& group) const;
    /// The groups that are kept.
    [[nodiscard]] Result<std::vector<TaskId>> all() const;
    /// `corrupt`: the file is not as keep() wrote it.
    [[nodiscard]] Result<std::vector<Task>> read(const TaskId& group) const;

private:
    explicit UnsentGroups(std::string folder) : folder_(std::move(folder)) {}
    [[nodiscard]] std::string path_of(const TaskId& group) const;

    std::string folder_;
};

}  // namespace nias::service
