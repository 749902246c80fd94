/// Runs one program in a sandbox to its end: log, limits, cancelling, usage. Used by job_runner for the job
/// and by python_env for pip. A function; it blocks its thread, and every process it started is gone on
/// return.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include <nias/task.hpp>

#include "worker/cgroup.hpp"
#include "worker/log_pump.hpp"
#include "worker/sandbox.hpp"

namespace nias::worker {

struct RunLimits {
    std::uint64_t memory_bytes = 0;
    std::uint32_t cpus = 0;
    std::uint64_t time_ms = 0;        ///< 0: none
    std::uint64_t grace_ms = 10'000;  ///< from TERM to KILL
};

/// What execution asks and tells while the program runs.
struct RunHooks {
    std::function<bool()> cancelled;
    std::function<void()> started = [] {};
    std::function<void()> tick = [] {};  ///< several times a second
};

struct RunEnd {
    enum class Why { exited, signalled, out_of_memory, time_limit, cancelled };
    Why why = Why::exited;
    int code = 0;  ///< exit code, or the signal
    Usage usage;
    bool memory_was_short = false;  ///< the kernel killed a process of it for memory, whatever came of it
};

/// An Error where the program could not be started or its processes could not be ended: the worker's fault.
[[nodiscard]] Result<RunEnd> run_in_box(const Sandbox& sandbox, const Box& box, const Cgroups& cgroups,
                                        const std::string& group_name, const RunLimits& limits, LogPump& log,
                                        const RunHooks& hooks);

}  // namespace nias::worker
