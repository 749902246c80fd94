/// Bounds what a program may see of the machine. Used by run, env and runtime; two kinds: bubblewrap
/// (bwrap.cpp) and none, for development only (none.cpp). Any thread once made.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nias/result.hpp>

#include "worker/host/job_users.hpp"
#include "worker/host/limits.hpp"
#include "worker/host/process.hpp"
#include "worker/sandbox/internet.hpp"

namespace nias::worker {

/// A place of the host that the program sees; everything else of the host but the read-only system is absent.
struct Mount {
    std::string host;
    std::string inside;
    bool writable = false;
};

/// One program and its world. Paths are those inside, as Sandbox::inside() gives them.
struct Box {
    std::vector<std::string> argv;
    std::map<std::string, std::string> env;  ///< the whole environment
    std::string cwd;
    /// The folder of the host whose files are the program's system, as job::prepare_tree() left it; empty:
    /// the system of this machine.
    std::string root{};
    std::vector<Mount> mounts;
    std::map<std::string, std::string> files;  ///< path → content, private to the program
    Limits limits;
    std::string disk;  ///< the folder of the host that limits.disk_bytes is about: all it can write there
    /// The user as whom it runs, as Sandbox::user() gave it. Writable mounts belong to it.
    std::optional<JobUser> user;
};

/// Ready to spawn. `keep` holds the descriptors that the spawn inherits; close them right after it.
struct Launch {
    Spawn spawn;
    std::vector<Descriptor> keep;
    Descriptor report;  ///< bubblewrap tells here of the first process inside, and of its end
    std::shared_ptr<const void> holds{};  ///< what the box has of the machine, until its end
    Descriptor go;  ///< the program waits, after the first process, for a byte that is written here
};

class Sandbox {
public:
    virtual ~Sandbox() = default;
    [[nodiscard]] virtual std::string_view name() const = 0;
    /// By which path the program sees the host's `host` where `wanted` is the place in the sandbox.
    [[nodiscard]] virtual std::string inside(const std::string& host, const std::string& wanted) const = 0;
    /// A user for one attempt: its own where the worker is root and isolates, else none.
    [[nodiscard]] virtual Result<JobUserLease> user() const = 0;
    [[nodiscard]] virtual Result<Launch> prepare(const Box& box) const = 0;
    /// Gives a box with internet its way there, before its program is let go: it lasts as long as the
    /// process. Empty: the box needs none.
    [[nodiscard]] virtual Result<std::optional<Process>> connect(const Box& box, pid_t first) const = 0;
};

/// Finds bubblewrap and makes a trial sandbox: `unavailable` says what to install or to change.
/// Where the worker is root its jobs run as users of the range. Without `internet` no box can have that.
/// `folder` is the sandbox's alone, for what boxes have of the machine; empty: a temporary one.
[[nodiscard]] Result<std::unique_ptr<Sandbox>> make_bwrap(const UserRange& users = {},
                                                          std::optional<Internet> internet = {},
                                                          const std::string& folder = {});
/// No isolation whatever: the program runs as the worker's user in the host's world.
[[nodiscard]] std::unique_ptr<Sandbox> make_no_sandbox();

}  // namespace nias::worker
