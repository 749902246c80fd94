/// Watches what a running job has written, and says when it is more than it may. Used by execution.
/// A resource of one thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock_types.hpp"
#include "worker/host/disk_use.hpp"
#include "worker/host/limits.hpp"

namespace nias::worker {

/// The bound that a job passed, as the end of a sentence about it.
[[nodiscard]] std::string bytes_passed_words(const Limits& limits);
[[nodiscard]] std::string files_passed_words(std::uint64_t files);

class DiskWatch {
public:
    /// `folder` is all that the job can write on a disk; the limits say what it may take there.
    DiskWatch(std::string folder, const Limits& limits);

    /// Looks where it is time. Most calls read one number of the disk: the tree is counted once a second,
    /// or more seldom where that takes long, and at once when so much room went that the job may have
    /// passed its bound. `processes` gives those of the job. Empty, or what was passed, as the end of a
    /// sentence about the job.
    [[nodiscard]] std::string look(Time now, const std::function<std::vector<pid_t>()>& processes);

private:
    [[nodiscard]] std::string passed(const DiskUse& use) const;

    std::string folder_;
    Limits limits_;
    DiskUse bounds_;
    std::uint64_t used_bytes_ = 0;  ///< at the last count
    std::uint64_t free_bytes_ = 0;  ///< room on the whole disk, at the last count
    Time counted_;
    Time next_;
};

}  // namespace nias::worker
