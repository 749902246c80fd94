/// Control groups, version 1 and 2: a group for each job with its limits, what it used, and a sure end.
/// Used by execution. Cgroups is made once at start; a Group is a resource of one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <nias/result.hpp>

#include "worker/descriptor.hpp"

namespace nias::worker {

struct GroupLimits {
    std::uint64_t memory_bytes = 0;  ///< 0: none
    std::uint32_t cpus = 0;          ///< 0: none
    std::uint32_t processes = 4096;
};

/// One job's group; kills what is in it and removes it at the end.
class Group {
public:
    Group(Group&&) noexcept = default;
    Group& operator=(Group&&) = delete;
    ~Group();

    [[nodiscard]] std::vector<int> join() const;  ///< for Spawn::join
    [[nodiscard]] std::uint64_t cpu_ms() const;
    [[nodiscard]] std::uint64_t peak_memory_bytes() const;
    [[nodiscard]] std::uint64_t oom_kills() const;
    /// Kills every process in it and waits until they are gone; false after `timeout_ms`.
    bool kill_all(int timeout_ms) const;

private:
    friend class Cgroups;
    Group() = default;
    int version_ = 1;
    std::string memory_, cpu_, cpuacct_, pids_;  ///< folders; empty where the host has none that can be used
    std::vector<std::string> folders_;
    std::vector<Descriptor> entrances_;
};

class Cgroups {
public:
    /// Looks where groups can be made; removes those that a killed worker of this name left. In version 2
    /// the worker moves itself into a leaf of its own group, as the kernel demands before a group has
    /// children.
    static Cgroups find(const std::string& worker);
    static Cgroups none();

    [[nodiscard]] bool limits_memory() const { return !memory_.empty(); }
    [[nodiscard]] bool available() const { return limits_memory() || !pids_.empty(); }
    [[nodiscard]] std::string words() const;  ///< for the log at start
    [[nodiscard]] Result<Group> make(const std::string& name, const GroupLimits& limits) const;

private:
    int version_ = 0;
    std::string memory_, cpu_, cpuacct_, pids_;  ///< parents of the jobs' groups
};

}  // namespace nias::worker
