/// The terms on which a job was sent, beside what its bundle asks: a trial, a member of an array, room on the
/// disk. They
/// travel as the payload of its task. Used by httpfront, cli and worker; pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nias/task.hpp>

namespace nias::job {

/// The time limit of a trial at most, in milliseconds.
inline constexpr std::uint64_t kTrialMs = 60'000;

/// Where a member stands in the array that was written. One that is run again keeps it all.
struct ArrayPlace {
    std::uint32_t index = 0;  ///< its own index
    std::uint32_t count = 0;  ///< members of the array
    std::uint32_t min = 0;    ///< smallest index of the array
    std::uint32_t max = 0;    ///< largest index of the array
    std::uint32_t size = 0;   ///< members that were sent together: fewer than `count` where some run again
    bool operator==(const ArrayPlace&) const = default;
};

struct Terms {
    bool trial = false;
    std::optional<ArrayPlace> place{};  ///< nothing: it is no member of an array
    std::uint64_t full_limit_ms = 0;    ///< time limit of the run that a trial tries; 0: none
    std::string indices{};              ///< indices_text() of the array that a trial tries
    std::uint64_t disk_bytes = 0;       ///< what it may have on its machine's disk; 0: as its bundle asks
    bool operator==(const Terms&) const = default;
};

/// The terms as a payload; empty for those of an ordinary job.
[[nodiscard]] Bytes to_payload(const Terms& terms);
/// The reverse. A payload that says nothing of terms, such as that of a program's own task, is of an ordinary
/// job.
[[nodiscard]] Terms terms_of(std::span<const std::uint8_t> payload);

/// Makes a task ask for so many bytes on its machine's disk, beside its other terms.
void ask_for_disk(Task& task, std::uint64_t bytes);

/// The variables that tell the program of its terms.
[[nodiscard]] std::map<std::string, std::string> variables_of(const Terms& terms);

/// The place of an array's members, all but their own index. Indices rise; there is at least one.
[[nodiscard]] ArrayPlace place_in(std::span<const std::uint32_t> indices);

/// The members of an array with these indices, in their order: `base` with an id, the group and a payload
/// each. Their places have gaps, so that they name no Task::group_size. `whole` is the place_in() the array
/// that was written, of which `indices` may be a part.
[[nodiscard]] std::vector<Task> make_members(const Task& base, const TaskId& group,
                                             std::span<const std::uint32_t> indices, ArrayPlace whole);

/// The trial of a job, or of the first member of an array with these indices: it is no member of a group.
[[nodiscard]] Task make_trial(Task base, std::span<const std::uint32_t> indices);

/// Members of the array that a task belongs to, or tasks of its group; 0: it is not said.
[[nodiscard]] std::uint32_t members_beside(const Task& task);

/// The run that a trial tries.
struct FullRun {
    Task base;
    std::vector<std::uint32_t> indices;  ///< empty: it is one job
};
/// `conflict`: its array is too long to be told by the trial.
[[nodiscard]] Result<FullRun> full_run_of(const Task& trial);

}  // namespace nias::job
