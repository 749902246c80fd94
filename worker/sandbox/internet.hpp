/// The way to the internet of a box that has a network of its own: slirp4netns, a program that speaks for the
/// job with ordinary sockets of the host. Used by bwrap and main. A value; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nias/result.hpp>

#include "worker/host/process.hpp"
#include "worker/sandbox/ranges.hpp"

namespace nias::worker {

class Internet {
public:
    /// `unavailable` says what to install or to open. `allowed`: ranges that jobs reach although they are
    /// closed.
    static Result<Internet> find(std::vector<Cidr> allowed);

    /// Connects the box whose first process is `first` and whose program waits. The connection lasts as long
    /// as the process that is given back.
    [[nodiscard]] Result<Process> connect(pid_t first, const std::optional<JobUser>& user) const;
    [[nodiscard]] static std::string resolv_conf();  ///< the content of that file in the box

private:
    Internet(std::string program, std::vector<Cidr> allowed)
        : program_(std::move(program)), allowed_(std::move(allowed)) {}
    std::string program_;
    std::vector<Cidr> allowed_;
};

}  // namespace nias::worker
