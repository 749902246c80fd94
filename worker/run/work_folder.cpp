#include "worker/run/work_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/log.hpp"
#include "worker/host/folder.hpp"

namespace nias::worker {
namespace fs = std::filesystem;

Status remove_tree(const std::string& path) {
    std::error_code error;
    fs::remove_all(path, error);
    if (!error) { return {}; }
    // Folders that are closed, or more folders in folders than a process may open.
    if (const Folder folder = open_folder(AT_FDCWD, path.c_str())) { (void)empty_folder(folder); }
    fs::remove_all(path, error);
    if (error) { return Error{ErrorCode::unavailable, path + " cannot be removed: " + error.message()}; }
    return {};
}

Result<WorkFolder> WorkFolder::make(const std::string& parent, const std::string& name) {
    const std::string path = parent + "/" + name;
    if (auto gone = remove_tree(path); !gone) { return gone.error(); }
    std::error_code error;
    fs::create_directories(parent, error);
    const auto failed = [&] {
        return Error{ErrorCode::unavailable, path + " cannot be made: " + std::strerror(errno)};
    };
    if (::mkdir(path.c_str(), 0700) != 0) { return failed(); }
    WorkFolder folder(path);
    if (::mkdir((path + "/job").c_str(), 0755) != 0 || ::mkdir((path + "/tmp").c_str(), 0700) != 0 ||
        ::mkdir((path + "/support").c_str(), 0755) != 0) {
        return failed();
    }
    folder.job_.reset(::open((path + "/job").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!folder.job_) { return failed(); }
    return folder;
}

WorkFolder::~WorkFolder() {
    if (path_.empty()) { return; }
    job_.reset();
    if (auto gone = remove_tree(path_); !gone) { log::warn(gone.error().message); }
}

}  // namespace nias::worker
