#include "service/worker/last_stop.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/host/durable_file.hpp"

namespace nias::service {
namespace {

Error failed(const std::string& what, const std::string& path) {
    return {ErrorCode::unavailable, what + " " + path + ": " + std::strerror(errno)};
}

std::string folder_of(const std::string& path) { return std::filesystem::path(path).parent_path().string(); }

}  // namespace

bool LastStop::was_in_order() const { return !path_.empty() && ::access(path_.c_str(), F_OK) == 0; }

Status LastStop::note() const {
    if (path_.empty()) { return {}; }
    if (auto written = write_synced(path_, std::string_view(), IfThere::overwrite); !written) {
        return written;
    }
    return sync_folder(folder_of(path_));
}

Status LastStop::forget() const {
    if (path_.empty() || ::unlink(path_.c_str()) != 0) {
        return path_.empty() || errno == ENOENT ? Status() : Status(failed("cannot remove", path_));
    }
    return sync_folder(folder_of(path_));
}

}  // namespace nias::service
