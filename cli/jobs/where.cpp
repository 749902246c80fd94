#include "cli/jobs/where.hpp"

#include "cli/jobs/local_jobs.hpp"
#include "cli/remote/login.hpp"
#include "cli/remote/remote_jobs.hpp"

namespace nias::cli {

void Where::declare(daemon::Options& options) {
    options.text("data", data, "data directory of a server of this machine (default: ./nias-data)");
    options.text("server", server, "URL of a server elsewhere (default: that of nias login)");
}

Result<std::unique_ptr<Jobs>> Where::open() const {
    if (!data.empty() && !server.empty()) {
        return Error{ErrorCode::invalid,
                     "--data is of this machine and --server elsewhere: give one of them"};
    }
    if (!data.empty()) { return LocalJobs::open(data); }
    const auto login = settle_login(server);
    if (!login) { return login.error(); }
    if (login->server.empty()) { return LocalJobs::open("./nias-data"); }
    return RemoteJobs::open(*login);
}

}  // namespace nias::cli
