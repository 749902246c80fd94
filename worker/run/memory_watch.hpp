/// Watches the memory of a running job as a whole, where no control group counts it. Used by execution.
/// A resource of one thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "base/clock_types.hpp"

namespace nias::worker {

/// Bytes that the processes have together: pages of their own, and files in memory. Those are the ones of
/// `/tmp` and `/dev/shm` in the box whose first process is `first`, and the ones without a name.
[[nodiscard]] std::uint64_t memory_of(pid_t first, const std::vector<pid_t>& processes);

class MemoryWatch {
public:
    explicit MemoryWatch(std::uint64_t bytes) : bytes_(bytes) {}

    /// True when the job was seen past its bound. Looks ten times a second, or more seldom where that takes
    /// long.
    [[nodiscard]] bool passed(Time now, pid_t first, const std::function<std::vector<pid_t>()>& processes);

private:
    std::uint64_t bytes_;
    Time next_;
};

}  // namespace nias::worker
