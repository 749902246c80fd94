#include "service/worker/last_stop.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace nias::service {
namespace {

Error failed(const std::string& what, const std::string& path) {
    return {ErrorCode::unavailable, what + " " + path + ": " + std::strerror(errno)};
}

}  // namespace

bool LastStop::was_in_order() const { return !path_.empty() && ::access(path_.c_str(), F_OK) == 0; }

Status LastStop::note() const {
    if (path_.empty()) { return {}; }
    const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) { return failed("cannot write", path_); }
    ::close(file);
    return sync_folder();
}

Status LastStop::forget() const {
    if (path_.empty() || ::unlink(path_.c_str()) != 0) {
        return path_.empty() || errno == ENOENT ? Status() : Status(failed("cannot remove", path_));
    }
    return sync_folder();
}

Status LastStop::sync_folder() const {
    const std::string folder = std::filesystem::path(path_).parent_path().string();
    const int handle = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle < 0) { return failed("cannot open", folder); }
    const bool synced = ::fsync(handle) == 0;
    const Status status = synced ? Status() : Status(failed("cannot sync", folder));
    ::close(handle);
    return status;
}

}  // namespace nias::service
