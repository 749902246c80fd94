#include "base/host/durable_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/host/descriptor.hpp"

namespace nias {
namespace {

Descriptor opened(const std::string& path, int flags) {
    return Descriptor(::open(path.c_str(), flags | O_CLOEXEC, 0600));
}

Error failed(const std::string& path, const char* verb) {
    const int code = errno;
    const bool full = code == ENOSPC || code == EDQUOT;
    return {full ? ErrorCode::overloaded : ErrorCode::unavailable,
            path + " cannot be " + verb + ": " + std::strerror(code) +
                (full ? ": free some space on this disk" : "")};
}

bool write_all(int file, std::span<const std::uint8_t> bytes) {
    while (!bytes.empty()) {
        const ssize_t put = ::write(file, bytes.data(), bytes.size());
        if (put < 0 && errno == EINTR) { continue; }
        if (put < 0) { return false; }
        bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
    return true;
}

}  // namespace

Status write_synced(const std::string& path, std::span<const std::uint8_t> bytes, IfThere if_there) {
    const int mode = if_there == IfThere::refuse ? O_EXCL : O_TRUNC;
    const Descriptor file = opened(path, O_WRONLY | O_CREAT | mode);
    if (file.get() < 0 && errno == EEXIST) {
        return Error{ErrorCode::conflict, path + " is there already: move it away, or choose another name"};
    }
    if (file.get() < 0) { return failed(path, "made"); }
    if (!write_all(file.get(), bytes) || ::fsync(file.get()) != 0) {
        const Error error = failed(path, "written");
        ::unlink(path.c_str());
        return error;
    }
    return {};
}

Status write_synced(const std::string& path, std::string_view text, IfThere if_there) {
    return write_synced(path, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, if_there);
}

Status sync_folder(const std::string& path) {
    const Descriptor folder = opened(path.empty() ? "." : path, O_RDONLY | O_DIRECTORY);
    if (folder.get() < 0 || ::fsync(folder.get()) != 0) { return failed(path, "synced"); }
    return {};
}

}  // namespace nias
