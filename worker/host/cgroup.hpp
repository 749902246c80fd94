/// Control groups: a group for each job with its limits, what it used, and a sure end. The two versions of
/// the kernel's interface are cgroup_v1.cpp and cgroup_v2.cpp. Used by main, run and env. Cgroups is made
/// once at start, then any thread; a Group is a resource of one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <nias/result.hpp>

#include "base/host/descriptor.hpp"
#include "worker/host/limits.hpp"

namespace nias::worker {

class CgroupVersion;
class GroupFiles;

/// One job's group; kills what is in it and removes it at the end.
class Group {
public:
    Group(Group&&) noexcept;
    Group& operator=(Group&&) = delete;
    ~Group();

    [[nodiscard]] std::vector<int> join() const;  ///< for Spawn::join
    [[nodiscard]] std::uint64_t cpu_ms() const;
    [[nodiscard]] std::uint64_t peak_memory_bytes() const;
    [[nodiscard]] std::uint64_t oom_kills() const;
    [[nodiscard]] std::uint64_t refused_forks() const;  ///< for want of processes
    /// Kills every process in it and waits until they are gone; false after `timeout_ms`.
    bool kill_all(int timeout_ms) const;

private:
    friend class Cgroups;
    explicit Group(std::unique_ptr<const GroupFiles> files);
    std::unique_ptr<const GroupFiles> files_;
    std::vector<std::string> folders_;  ///< those that were made
    std::vector<Descriptor> entrances_;
};

class Cgroups {
public:
    /// Looks where groups can be made; removes those that a killed worker of this name left. In version 2
    /// the worker moves itself into a leaf of its own group, as the kernel demands before a group has
    /// children.
    static Cgroups find(const std::string& worker);
    static Cgroups none() { return {}; }

    [[nodiscard]] bool limits_memory() const;
    [[nodiscard]] bool limits_processes() const;
    [[nodiscard]] bool available() const { return version_ != nullptr; }
    [[nodiscard]] std::string words() const;  ///< for the log at start
    [[nodiscard]] Result<Group> make(const std::string& name, const Limits& limits) const;

private:
    std::shared_ptr<const CgroupVersion> version_;  ///< null: no group can be made here
};

}  // namespace nias::worker
