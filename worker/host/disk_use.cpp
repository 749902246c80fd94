#include "worker/host/disk_use.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <string_view>
#include <unordered_set>

#include "worker/host/folder.hpp"

namespace nias::worker {
namespace {

constexpr std::uint64_t kBlockBytes = 512;  // unit of st_blocks on every file system

class Count {
public:
    explicit Count(const DiskUse& bounds) : bounds_(bounds) {}

    void below(const Folder& folder, int depth) {
        while (const dirent* entry = ::readdir(folder.get())) {
            const std::string_view name = entry->d_name;
            if (name == "." || name == "..") { continue; }
            struct stat info {};
            if (::fstatat(::dirfd(folder.get()), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
                continue;  // removed meanwhile
            }
            ++use_.files;
            if (S_ISDIR(info.st_mode) || info.st_nlink < 2 || seen_.insert(info.st_ino).second) {
                use_.bytes += static_cast<std::uint64_t>(info.st_blocks) * kBlockBytes;
            }
            if (use_.bytes > bounds_.bytes || use_.files > bounds_.files) { return; }
            if (!S_ISDIR(info.st_mode)) { continue; }
            if (depth >= DiskUse::kDeepest) {
                use_.too_deep = true;
                continue;
            }
            if (const Folder inner = open_folder(::dirfd(folder.get()), entry->d_name)) {
                below(inner, depth + 1);
            }
        }
    }
    [[nodiscard]] const DiskUse& use() const { return use_; }

private:
    const DiskUse& bounds_;
    DiskUse use_;
    std::unordered_set<ino_t> seen_;  ///< files with several names, which count once
};

/// Adds the open files of one process.
void add_open(const std::string& process, dev_t disk, std::unordered_set<ino_t>& seen, DiskUse& use) {
    const Folder folder = open_folder(AT_FDCWD, (process + "/fd").c_str());
    if (!folder) { return; }  // it has ended
    while (const dirent* entry = ::readdir(folder.get())) {
        struct stat info {};
        if (::fstatat(::dirfd(folder.get()), entry->d_name, &info, 0) != 0) { continue; }
        if (info.st_dev == disk && info.st_nlink == 0 && seen.insert(info.st_ino).second) {
            use.bytes += static_cast<std::uint64_t>(info.st_blocks) * kBlockBytes;
            ++use.files;
        }
    }
}

/// Adds the mapped files of one process: `begin-end rwxp offset major:minor inode path (deleted)`.
void add_mapped(const std::string& process, dev_t disk, std::unordered_set<ino_t>& seen, DiskUse& use) {
    std::ifstream lines(process + "/maps");
    for (std::string line; std::getline(lines, line);) {
        if (!line.ends_with(" (deleted)")) { continue; }
        std::uint64_t begin = 0, end = 0, offset = 0, inode = 0;
        unsigned major_number = 0, minor_number = 0;
        if (std::sscanf(line.c_str(), "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64 " %x:%x %" SCNu64, &begin, &end,
                        &offset, &major_number, &minor_number, &inode) != 6) {
            continue;
        }
        if (makedev(major_number, minor_number) == disk && seen.insert(inode).second) {
            use.bytes += offset + (end - begin);
            ++use.files;
        }
    }
}

}  // namespace

DiskUse use_below(const std::string& folder, const DiskUse& bounds) {
    Count count(bounds);
    if (const Folder opened = open_folder(AT_FDCWD, folder.c_str())) { count.below(opened, 1); }
    return count.use();
}

void add_nameless(const std::vector<pid_t>& processes, const std::string& folder, DiskUse& use) {
    struct stat info {};
    if (::stat(folder.c_str(), &info) != 0) { return; }
    std::unordered_set<ino_t> seen;
    for (const pid_t pid : processes) {
        const std::string process = "/proc/" + std::to_string(pid);
        add_open(process, info.st_dev, seen, use);
        add_mapped(process, info.st_dev, seen, use);
    }
}

}  // namespace nias::worker
