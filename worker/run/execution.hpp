/// Runs one program in a sandbox to its end: log, limits, cancelling, usage. Used by attempt for the job and
/// by env for pip. A function; it blocks its thread, and every process it started is gone on return.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include <nias/task.hpp>

#include "worker/host/cgroup.hpp"
#include "worker/run/log_pump.hpp"
#include "worker/sandbox/sandbox.hpp"

namespace nias::worker {

/// Calls that execution makes while the program runs.
struct RunHooks {
    std::function<bool()> cancelled;
    std::function<void()> started = [] {};
    std::function<void()> tick = [] {};  ///< several times a second
};

struct RunEnd {
    enum class Why { exited, signalled, out_of_memory, disk_quota, time_limit, cancelled };
    Why why = Why::exited;
    int code = 0;  ///< exit code, or the signal
    Usage usage;
    std::string passed;                 ///< with disk_quota: what was passed, as the end of a sentence
    std::string left_in_tmp;            ///< a sentence on files there, which are gone; empty: none were
    bool processes_were_short = false;  ///< one could not be started for their bound, whatever came of it
    bool memory_was_short = false;      ///< the kernel killed a process of it for memory, whatever came of it
};

/// The limits are those of the box. An Error is the worker's fault: the program could not be started, or
/// (`internal`) processes of it may be left.
[[nodiscard]] Result<RunEnd> run_in_box(const Sandbox& sandbox, const Box& box, const Cgroups& cgroups,
                                        const std::string& group_name, LogPump& log, const RunHooks& hooks);

}  // namespace nias::worker
