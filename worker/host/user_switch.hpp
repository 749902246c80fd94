/// Turns a forked child of root into a process of a job's user. Private to host: process.cpp calls it between
/// fork and exec, where nothing may allocate.
#pragma once

#include <string>
#include <vector>

#include <nias/result.hpp>

#include "worker/host/job_users.hpp"

namespace nias::worker {

/// A place of the host that a job's user could not reach by its path, since folders above it are root's
/// alone. It appears once more at `shown`, a name below kShownRoot, for this one process and its children.
struct ShownPlace {
    std::string host;
    std::string shown;
    bool folder = true;
};

/// The folder of shown places. The rest of the host's folder of this name is hidden from the process.
inline constexpr auto kShownRoot = "/tmp";

/// The kernel's device for links that a program makes.
inline constexpr auto kTunDevice = "/dev/net/tun";

/// Shows the places, opens the device if `tun` says so, and becomes the user. Ends every other process of
/// that user, unless it is to live beside them: only a job's that is over can have left them. 0, or the
/// letter of the step that failed, with errno.
[[nodiscard]] char become_user(const JobUser& user, const std::vector<ShownPlace>& places, bool tun,
                               bool beside_others);

/// Whether this process, as root, can make the device that become_user() opens; else why not.
[[nodiscard]] Status can_make_tun();

}  // namespace nias::worker
