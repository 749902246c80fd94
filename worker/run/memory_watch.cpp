#include "worker/run/memory_watch.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <linux/magic.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <unordered_set>

#include "base/clock.hpp"
#include "worker/host/folder.hpp"

namespace nias::worker {
namespace {

constexpr std::chrono::milliseconds kOften{100};
constexpr int kShare = 10;                  // looking takes at most a tenth of the time
constexpr std::uint64_t kBlockBytes = 512;  // unit of st_blocks on every file system

struct Pages {
    std::uint64_t own_bytes = 0;
    std::uint64_t shared_bytes = 0;  ///< mapped files in memory, each process with its part
};

/// Adds the pages of one process, as its `smaps_rollup` tells them: `Pss_Anon:   1234 kB`.
void add_pages(const std::string& process, Pages& pages) {
    std::ifstream lines(process + "/smaps_rollup");
    std::string name, unit;
    std::uint64_t kib = 0;
    std::getline(lines, name);  // the range of addresses
    while (lines >> name >> kib >> unit) {
        if (name == "Pss_Anon:" || name == "SwapPss:") { pages.own_bytes += kib * 1024; }
        if (name == "Pss_Shmem:") { pages.shared_bytes += kib * 1024; }
    }
}

/// The files in memory that a process has open although they have no name.
std::uint64_t nameless_in_memory(const std::string& process, std::unordered_set<ino_t>& seen) {
    const Folder folder = open_folder(AT_FDCWD, (process + "/fd").c_str());
    std::uint64_t bytes = 0;
    const dirent* entry = nullptr;
    while (folder && (entry = ::readdir(folder.get())) != nullptr) {
        struct stat info {};
        if (::fstatat(::dirfd(folder.get()), entry->d_name, &info, 0) != 0) { continue; }
        if (!S_ISREG(info.st_mode) || info.st_nlink != 0 || info.st_blocks == 0) { continue; }
        struct statfs system {};
        const std::string path = process + "/fd/" + entry->d_name;
        if (::statfs(path.c_str(), &system) != 0 || system.f_type != TMPFS_MAGIC) { continue; }
        if (seen.insert(info.st_ino).second) {
            bytes += static_cast<std::uint64_t>(info.st_blocks) * kBlockBytes;
        }
    }
    return bytes;
}

/// While bubblewrap makes the box, its root is still the host's, whose files are nobody's memory.
std::uint64_t used_in(const std::string& root, const std::string& folder) {
    struct stat ours {};
    struct stat theirs {};
    const bool both = ::stat(folder.c_str(), &ours) == 0 && ::stat((root + folder).c_str(), &theirs) == 0;
    if (!both || ours.st_dev == theirs.st_dev) { return 0; }
    struct statfs system {};
    if (::statfs((root + folder).c_str(), &system) != 0 || system.f_type != TMPFS_MAGIC) { return 0; }
    return static_cast<std::uint64_t>(system.f_blocks - system.f_bfree) *
           static_cast<std::uint64_t>(system.f_bsize);
}

}  // namespace

std::uint64_t memory_of(pid_t first, const std::vector<pid_t>& processes) {
    Pages pages;
    std::unordered_set<ino_t> seen;
    const std::string root = "/proc/" + std::to_string(first) + "/root";
    std::uint64_t files = used_in(root, "/tmp") + used_in(root, "/dev/shm");
    for (const pid_t pid : processes) {
        const std::string process = "/proc/" + std::to_string(pid);
        add_pages(process, pages);
        files += nameless_in_memory(process, seen);
    }
    // Mapped files are among the files, but for shared mappings that never had one.
    return pages.own_bytes + std::max(pages.shared_bytes, files);
}

bool MemoryWatch::passed(Time at, pid_t first, const std::function<std::vector<pid_t>()>& processes) {
    if (at < next_) { return false; }
    const bool past = memory_of(first, processes()) > bytes_;
    next_ = at + std::max<Time::duration>(kOften, (now() - at) * kShare);
    return past;
}

}  // namespace nias::worker
