/// Which server a verb speaks to: the one home of that choice. Used by every verb that works on jobs.
#pragma once

#include <memory>
#include <string>

#include "cli/jobs/jobs.hpp"
#include "daemon/program.hpp"

namespace nias::cli {

struct Where {
    std::string data;    ///< --data: a data directory of this machine
    std::string server;  ///< --server: a URL
    void declare(daemon::Options& options);
    /// --data goes first, then --server, then the server of `nias login`, then ./nias-data. `invalid`: both
    /// were given.
    [[nodiscard]] Result<std::unique_ptr<Jobs>> open() const;
};

}  // namespace nias::cli
