/// Starts a program, follows it by a pidfd and ends it with all it has started. Used by sandbox, execution
/// and runtimes. A Process is a resource; one thread at a time, and the thread that spawned it must outlive
/// it (the kernel kills the program when that thread dies).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nias/result.hpp>

#include "base/host/descriptor.hpp"
#include "worker/host/user_switch.hpp"

namespace nias::worker {

/// Describes a program to start. Nothing of the worker goes over: descriptors, environment, signal mask,
/// terminal.
struct Spawn {
    std::vector<std::string> argv;          ///< argv[0] is an absolute path
    std::vector<std::string> env;           ///< NAME=value, the whole environment
    std::string cwd;                        ///< empty: `/`
    int output = -1;                        ///< becomes standard output and standard error
    std::vector<int> inherit;               ///< descriptors kept open under their numbers
    std::vector<int> join;                  ///< cgroup.procs files it enters before it executes
    std::uint64_t address_space_bytes = 0;  ///< RLIMIT_AS; 0: none
    std::uint32_t processes = 0;            ///< RLIMIT_NPROC, of all that its user has; 0: none
    std::vector<int> cpu_set;               ///< processors it may run on; empty: those of this process
    /// The user as whom it runs, after every other process of that user was ended; empty: this process's.
    std::optional<JobUser> user;
    bool beside_others = false;     ///< the user's other processes live on
    std::vector<ShownPlace> shown;  ///< what that user is to reach beside what everybody can
    bool tun = false;               ///< kTunDevice is open to the user, whatever the host says
};

/// How the kernel says it ended.
struct Ending {
    bool signalled = false;
    int code = 0;                         ///< exit code, or the signal
    std::uint64_t cpu_ms = 0;             ///< CPU time of it and the children it waited for
    std::uint64_t peak_memory_bytes = 0;  ///< memory of the largest of them
};

class Process {
public:
    /// `unavailable` with the step that failed: fork, cgroup, exec.
    static Result<Process> spawn(const Spawn& what);
    Process(Process&&) noexcept;
    Process& operator=(Process&&) = delete;
    ~Process();  ///< kills and reaps what still runs

    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] int pidfd() const { return pidfd_.get(); }  ///< readable when it has ended
    [[nodiscard]] Ending reap();                              ///< waits; once

private:
    Process(pid_t pid, Descriptor pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
    pid_t pid_ = -1;
    Descriptor pidfd_;
};

/// Signals `root`'s descendants, and itself when `with_root`. Those whose parents died are found as long as
/// the root of their pid namespace, or a process between, still lives. Gives the processes that were
/// signalled.
std::vector<pid_t> signal_tree(pid_t root, int signal, bool with_root);

/// Reaps a process that fell to us when its parent ended, and adds what it used. Nothing where it did not.
void add_usage_of_orphan(pid_t pid, Ending& ending);

/// Lets the user of this process have at most so many processes and threads in the user namespace of `pid`,
/// in what it starts from then on.
[[nodiscard]] Status limit_processes(pid_t pid, std::uint32_t most);

/// A descriptor that is readable when `pid` has ended; empty when there is no such process any more.
[[nodiscard]] Descriptor watch_process(pid_t pid);

/// Waits until the descriptor is readable; false when `timeout_ms` passed first.
[[nodiscard]] bool wait_readable(int descriptor, int timeout_ms);

/// Runs a trusted program and gives what it printed, at most `max_bytes`; `unavailable` where it fails, exits
/// other than 0 or takes longer than `timeout_ms`.
[[nodiscard]] Result<std::string> capture(const std::vector<std::string>& argv, std::size_t max_bytes,
                                          int timeout_ms, const std::optional<JobUser>& user = {});

}  // namespace nias::worker
