#include "worker/sandbox/box_tmp.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string_view>

namespace nias::worker {
namespace {

constexpr int kEntriesMax = 1000;
constexpr int kFoldersDeep = 3;
// How Python's tempfile and multiprocessing, R, Octave, matplotlib, pip, joblib, torch and numba call theirs.
constexpr std::array<std::string_view, 13> kTemporary{
    "tmp", "temp",   "pymp-", "Rtmp",  "oct-", "matplotlib", "fontlist-",
    "pip", "joblib", "torch", "numba", "nias", "__pycache__"};

bool is_temporary(std::string_view name) {
    return name.starts_with('.') ||
           std::any_of(kTemporary.begin(), kTemporary.end(),
                       [&](std::string_view begin) { return name.starts_with(begin); });
}

class Walk {
public:
    void read(int above, const char* name, const std::string& path, int deep) {
        const int own = ::openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        const std::unique_ptr<DIR, int (*)(DIR*)> folder(own < 0 ? nullptr : ::fdopendir(own), &::closedir);
        if (folder == nullptr) { return; }
        while (const dirent* entry = ::readdir(folder.get())) {
            if (++entries_ > kEntriesMax) { return; }
            if (!is_temporary(entry->d_name)) { take(own, entry->d_name, path + entry->d_name, deep); }
        }
    }
    [[nodiscard]] std::vector<std::string> files() && {
        std::sort(files_.begin(), files_.end());
        return std::move(files_);
    }

private:
    void take(int folder, const char* name, const std::string& path, int deep) {
        struct stat info {};
        if (::fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0) { return; }
        if (S_ISREG(info.st_mode) && info.st_size > 0) { files_.push_back(path); }
        if (S_ISDIR(info.st_mode) && deep < kFoldersDeep) { read(folder, name, path + "/", deep + 1); }
    }

    std::vector<std::string> files_;
    int entries_ = 0;
};

}  // namespace

BoxTmp::Seen BoxTmp::look(pid_t first, const Mount& sign) {
    if (folder_) { return Seen::held; }
    if (first < 0) { return Seen::never; }
    // bubblewrap builds the box in other roots, which have a /tmp too. The mount is in the whole box alone.
    const std::string root = "/proc/" + std::to_string(first) + "/root";
    struct stat seen {};
    struct stat meant {};
    if (::stat(sign.host.c_str(), &meant) != 0) { return Seen::never; }
    if (::stat((root + sign.inside).c_str(), &seen) != 0) {
        return errno == ENOENT ? Seen::not_yet : Seen::never;
    }
    if (seen.st_dev != meant.st_dev || seen.st_ino != meant.st_ino) { return Seen::not_yet; }
    folder_.reset(::open((root + "/tmp").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return folder_ ? Seen::held : Seen::never;
}

std::vector<std::string> BoxTmp::left() {
    Walk walk;
    if (folder_) { walk.read(folder_.get(), ".", "", 1); }
    folder_.reset();
    return std::move(walk).files();
}

std::string words_on_left(const std::vector<std::string>& files) {
    if (files.empty()) { return {}; }
    const std::string count = std::to_string(files.size());
    return (files.size() == 1
                ? "1 file was left in /tmp, which is the home folder of a job too, and is gone: "
                : count +
                      " files were left in /tmp, which is the home folder of a job too, and are gone: such "
                      "as ") +
           files.front() + "; what is written into output/ comes back";
}

}  // namespace nias::worker
