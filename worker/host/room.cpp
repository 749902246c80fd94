#include "worker/host/room.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "worker/host/disk_use.hpp"

#include "base/words.hpp"

namespace nias::worker {
namespace {

namespace fs = std::filesystem;

/// Why no file can be written in the folder; empty: one can.
std::string try_a_file(const std::string& folder) {
    const std::string path = folder + "/.room-" + std::to_string(::getpid());
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) { return folder + " cannot be written: " + std::strerror(errno); }
    const std::array<char, 4096> block{};
    const ssize_t put = ::write(file, block.data(), block.size());
    const int code = put < 0 ? errno : ENOSPC;
    ::close(file);
    ::unlink(path.c_str());
    if (put == static_cast<ssize_t>(block.size())) { return {}; }
    return folder + " cannot be written: " + std::strerror(code);
}

/// Names what is missing in one folder, where a job needs `least` bytes; empty: nothing is.
std::string missing_in(const std::string& folder, std::uint64_t least) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) { return folder + " cannot be made: " + error.message(); }
    struct statvfs disk {};
    if (::statvfs(folder.c_str(), &disk) != 0) { return folder + " cannot be read: " + std::strerror(errno); }
    const std::uint64_t free = disk.f_bavail * disk.f_frsize;
    if (disk.f_blocks > 0 && free < least) {
        return "no room on the disk of " + folder + ": " + size_in_words(free) + " are free, and " +
               size_in_words(least) + " are needed";
    }
    if (disk.f_files > 0 && disk.f_favail < Room::kLeastFiles) {
        return "no inodes on the disk of " + folder + ": " + std::to_string(disk.f_favail) +
               " more files can be made, and " + std::to_string(Room::kLeastFiles) + " are needed";
    }
    return try_a_file(folder);
}

}  // namespace

void Room::lacked(std::uint64_t bytes, Time now) {
    struct statvfs disk {};
    const bool known = ::statvfs(folders_.front().c_str(), &disk) == 0;
    if (known && disk.f_blocks * disk.f_frsize < bytes) { return; }
    const std::lock_guard lock(mutex_);
    lacked_bytes_ = bytes;
    rest_until_ = now + kRestForMore;
}

std::string Room::missing(Time now) const {
    std::uint64_t least = kLeastBytes;
    {
        const std::lock_guard lock(mutex_);
        if (now < rest_until_) { least = std::max(least, lacked_bytes_); }
    }
    for (const std::string& folder : folders_) {
        // Only the first holds what a job unpacks.
        std::string words = missing_in(folder, &folder == &folders_.front() ? least : kLeastBytes);
        if (!words.empty()) { return words; }
    }
    return {};
}

std::uint64_t Room::free_bytes(const std::string& folder) {
    struct statvfs disk {};
    return ::statvfs(folder.c_str(), &disk) == 0 ? disk.f_bavail * disk.f_frsize : 0;
}

std::uint64_t Room::used_by(const std::string& folder) {
    constexpr std::uint64_t kAny = ~0ULL;
    return use_below(folder, {.bytes = kAny, .files = kAny}).bytes;
}

}  // namespace nias::worker
