#include "base/process_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace nias {
namespace {

std::string owner_of(int file) {
    std::array<char, 32> text{};
    const ssize_t got = ::pread(file, text.data(), text.size() - 1, 0);
    std::string pid =
        got > 0 ? std::string(text.data(), static_cast<std::size_t>(got)) : std::string("unknown");
    while (!pid.empty() && pid.back() == '\n') { pid.pop_back(); }
    return pid;
}

}  // namespace

Result<ProcessLock> ProcessLock::acquire(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        return Error{ErrorCode::unavailable,
                     path + " cannot be written: " + std::strerror(errno) +
                         ": choose another --data directory, or change its permissions"};
    }
    ProcessLock lock(file);
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
        return Error{ErrorCode::conflict, path + " belongs to a running instance (pid " + owner_of(file) +
                                              "): stop it, or choose another --data directory"};
    }
    const std::string pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(file, 0) != 0 ||
        ::pwrite(file, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
        return Error{ErrorCode::unavailable, path + " cannot be written: " + std::strerror(errno)};
    }
    return lock;
}

ProcessLock::ProcessLock(ProcessLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
ProcessLock& ProcessLock::operator=(ProcessLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}
ProcessLock::~ProcessLock() {
    if (descriptor_ >= 0) { ::close(descriptor_); }
}

}  // namespace nias
