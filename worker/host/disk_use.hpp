/// How much of a disk a job has taken: by the tree of its folder, and by files that have no name any more but
/// are still open. Used by disk_watch and room. Functions without state; any thread. The job may change
/// everything meanwhile: folders are opened one in the other, and links are never followed.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace nias::worker {

struct DiskUse {
    std::uint64_t bytes = 0;  ///< as the disk counts them: holes take nothing
    std::uint64_t files = 0;  ///< files, folders and links
    bool too_deep = false;    ///< folders below kDeepest were not looked into

    static constexpr int kDeepest = 64;  ///< twice what outputs may have
};

/// Counts until one of the bounds is passed. Where the worker is not root it opens the folders that the job
/// has closed to itself.
[[nodiscard]] DiskUse use_below(const std::string& folder, const DiskUse& bounds);

/// Adds what the processes keep open or mapped on the disk of `folder` although it has no name there. A
/// mapping counts with its length.
void add_nameless(const std::vector<pid_t>& processes, const std::string& folder, DiskUse& use);

}  // namespace nias::worker
