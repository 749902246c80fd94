/// A living task in dispatch: the task, where it stands, and its place in the one chain that holds it
/// (its owner's queue, its worker's attempts, or those that wait for a worker after a restart).
#pragma once

#include <cstdint>
#include <string>

#include <nias/task.hpp>

namespace nias::core {

struct Machine;
struct Lane;

struct Work {
    Task task;  ///< `attempt` is the current one
    std::string client;
    std::string history;          ///< a line for each infrastructure fault
    std::string recorded_worker;  ///< of the ledger, while it waits for that worker after a restart
    TaskState state = TaskState::queued;
    bool cancel_wanted = false;
    bool unsure = false;  ///< the ledger may have missed that this attempt was given to a worker
    bool named = false;   ///< by the Hello that is being read
    std::uint32_t faults = 0;
    std::uint64_t order = 0;         ///< of submission
    std::size_t accepted_event = 0;  ///< place in the events of the step that accepted it
    Machine* machine = nullptr;      ///< that has it
    Lane* lane = nullptr;            ///< that it waits in
    Work* prev = nullptr;
    Work* next = nullptr;

    [[nodiscard]] AttemptRef ref() const { return {task.id, task.attempt}; }
};

/// What decides where a task may run. Tasks that claim no more than one cpu are bounded by credit alone:
/// a worker of small tasks holds hundreds.
struct Shape {
    std::string runtime;
    std::uint32_t cpus = 0;
    std::uint32_t gpus = 0;
    std::uint64_t memory_bytes = 0;
    auto operator<=>(const Shape&) const = default;
};

[[nodiscard]] inline bool claims(const Resources& resources) {
    return resources.cpus > 1 || resources.gpus > 0 || resources.memory_bytes > 0;
}

}  // namespace nias::core
