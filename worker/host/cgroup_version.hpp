/// The interface that both versions of control groups have, and the reading and writing of their files.
/// Private to host: cgroup.cpp uses it, cgroup_v1.cpp and cgroup_v2.cpp are the versions.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <nias/result.hpp>

#include "worker/host/limits.hpp"

namespace nias::worker {

/// The files of one job's group.
class GroupFiles {
public:
    virtual ~GroupFiles() = default;
    [[nodiscard]] virtual std::vector<std::string> folders() const = 0;
    /// Writes the limits into the group; false, with errno, where one that is needed cannot be set.
    [[nodiscard]] virtual bool limit(const Limits& limits) const = 0;
    [[nodiscard]] virtual std::uint64_t cpu_ms() const = 0;
    [[nodiscard]] virtual std::uint64_t peak_memory_bytes() const = 0;
    [[nodiscard]] virtual std::uint64_t oom_kills() const = 0;
    [[nodiscard]] virtual std::uint64_t refused_forks() const = 0;
};

/// The groups of one worker, in one version.
class CgroupVersion {
public:
    virtual ~CgroupVersion() = default;
    [[nodiscard]] virtual bool limits_memory() const = 0;
    [[nodiscard]] virtual bool limits_processes() const = 0;
    [[nodiscard]] virtual std::string words() const = 0;
    [[nodiscard]] virtual std::unique_ptr<const GroupFiles> files_of(const std::string& job) const = 0;
};

/// Where a process finds its control groups.
struct CgroupPlaces {
    std::string unified;                          ///< where version 2 is mounted; empty: nowhere
    std::map<std::string, std::string> version1;  ///< controller → where it is mounted
    std::map<std::string, std::string> own;       ///< controller → this process's group; "" is version 2
};

/// Reads the text of /proc/self/mounts and of /proc/self/cgroup.
[[nodiscard]] CgroupPlaces cgroup_places(const std::string& mounts, const std::string& groups);

/// Null where groups of that version cannot be made.
[[nodiscard]] std::shared_ptr<const CgroupVersion> find_cgroup_v1(const CgroupPlaces& places,
                                                                  const std::string& worker);
[[nodiscard]] std::shared_ptr<const CgroupVersion> find_cgroup_v2(const CgroupPlaces& places,
                                                                  const std::string& worker);

/// A folder of this worker's own below `group`; empty where none can be made. Removes the groups that workers
/// of this name left when they were killed, and touches no group of one that lives: two servers of one
/// machine may have workers of one name.
[[nodiscard]] std::string cgroup_parent_in(const std::string& group, const std::string& worker);

[[nodiscard]] bool write_cgroup_file(const std::string& file, const std::string& text);
[[nodiscard]] std::string read_cgroup_file(const std::string& file);  ///< empty where it cannot be read
[[nodiscard]] std::uint64_t number_in(const std::string& file);
/// The value of `key` in a file of `key value` lines; 0 where there is none.
[[nodiscard]] std::uint64_t value_in(const std::string& file, const std::string& key);

}  // namespace nias::worker
