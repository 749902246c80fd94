#include "worker/run/work_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/log.hpp"

namespace nias::worker {
namespace {

namespace fs = std::filesystem;

void open_up(const fs::path& folder) {
    std::error_code error;
    fs::permissions(folder, fs::perms::owner_all, fs::perm_options::add | fs::perm_options::nofollow, error);
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        if (entry.is_directory(error) && !entry.is_symlink(error)) { open_up(entry.path()); }
    }
}

}  // namespace

Status remove_tree(const std::string& path) {
    std::error_code error;
    fs::remove_all(path, error);
    if (!error) { return {}; }
    open_up(path);
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
