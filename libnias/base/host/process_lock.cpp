#include "base/host/process_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace nias {
namespace {

constexpr std::size_t kOwnerBytesMax = 128;  // a pid, and a program's name as the kernel keeps it

/// The line that says who this process is: its pid and the name of its program.
std::string own_line() { return std::to_string(::getpid()) + " " + ::program_invocation_short_name + "\n"; }

/// The words that the holder of the file wrote into it, as «pid 12, nias-sink».
std::string holder_in(int file) {
    std::array<char, kOwnerBytesMax> text{};
    const ssize_t got = ::pread(file, text.data(), text.size(), 0);
    std::string line(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    line.resize(std::min(line.size(), line.find('\n')));
    if (line.empty()) { return "its pid is not known"; }
    const std::size_t space = line.find(' ');
    if (space != std::string::npos) { line.replace(space, 1, ", "); }
    return "pid " + line;
}

}  // namespace

Result<ProcessLock> ProcessLock::acquire(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        return Error{ErrorCode::unavailable,
                     path + " cannot be written: " + std::strerror(errno) +
                         ": choose another data directory, or change its permissions"};
    }
    ProcessLock lock(file);
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
        return Error{ErrorCode::conflict, path + " belongs to a running instance (" + holder_in(file) +
                                              "): stop it, or choose another data directory"};
    }
    const std::string line = own_line().substr(0, kOwnerBytesMax);
    if (::ftruncate(file, 0) != 0 ||
        ::pwrite(file, line.data(), line.size(), 0) != static_cast<ssize_t>(line.size())) {
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
