#include "store/logs/logs.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/filesystem.hpp>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>

#include "store/sqlite/database.hpp"

namespace nias::store {

namespace fs = boost::filesystem;

namespace {

std::string path_of(const std::string& root, const AttemptRef& attempt) {
    const std::string id = to_string(attempt.id);
    return root + "/" + id.substr(30) + "/" + id + "-" + std::to_string(attempt.attempt) + ".log";
}

Error unread(const std::string& path) {
    return {ErrorCode::unavailable, path + " cannot be read: " + std::strerror(errno)};
}

}  // namespace

Result<Logs> Logs::open(const std::string& data_dir) {
    const std::string root = data_dir + "/logs";
    if (auto made = make_folder(root); !made) { return made.error(); }
    return Logs(root);
}

Status Logs::write(const AttemptRef& attempt, std::uint64_t offset,
                   std::span<const std::uint8_t> data) const {
    const std::string path = path_of(root_, attempt);
    const auto stored = size(attempt);
    if (!stored) { return stored.error(); }
    const std::uint64_t there = *stored;
    if (offset > there) {
        return Error{ErrorCode::conflict, path + " ends at " + std::to_string(there) + ": send from there"};
    }
    if (offset + data.size() <= there) { return {}; }
    data = data.subspan(static_cast<std::size_t>(there - offset));
    if (auto made = make_folder(path.substr(0, path.rfind('/'))); !made) { return made; }
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        return Error{ErrorCode::unavailable, path + " cannot be written: " + std::strerror(errno)};
    }
    std::uint64_t at = there;
    while (!data.empty()) {
        const ssize_t put = ::pwrite(file, data.data(), data.size(), static_cast<off_t>(at));
        if (put < 0 && errno == EINTR) { continue; }
        if (put < 0) {
            const Error error{ErrorCode::unavailable, path + " cannot be written: " + std::strerror(errno)};
            ::close(file);
            return error;
        }
        at += static_cast<std::uint64_t>(put);
        data = data.subspan(static_cast<std::size_t>(put));
    }
    ::close(file);
    return {};
}

Result<std::uint64_t> Logs::size(const AttemptRef& attempt) const {
    const std::string path = path_of(root_, attempt);
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0) { return static_cast<std::uint64_t>(info.st_size); }
    return errno == ENOENT ? Result<std::uint64_t>(0) : unread(path);
}

Result<Bytes> Logs::read(const AttemptRef& attempt, std::uint64_t offset, std::size_t max_bytes) const {
    const std::string path = path_of(root_, attempt);
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) { return errno == ENOENT ? Result<Bytes>(Bytes()) : unread(path); }
    Bytes out(max_bytes);
    ssize_t got = 0;
    do {
        got = ::pread(file, out.data(), out.size(), static_cast<off_t>(offset));
    } while (got < 0 && errno == EINTR);
    const Error error = unread(path);
    ::close(file);
    if (got < 0) { return error; }
    out.resize(static_cast<std::size_t>(got));
    return out;
}

// The attempts of a task are found by name, since a log outlives what is known of a lost attempt.
Status Logs::erase(std::span<const TaskId> ids) const {
    std::map<std::string, std::set<std::string>> names;  // by folder: what stands before the attempt
    for (const TaskId& id : ids) {
        const std::string name = to_string(id);
        names[root_ + "/" + name.substr(30)].insert(name + "-");
    }
    for (const auto& [folder, firsts] : names) {
        boost::system::error_code error;
        for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
            const std::string path = at->path().string();
            if (!firsts.contains(at->path().filename().string().substr(0, 33))) { continue; }
            if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
                return Error{ErrorCode::unavailable, path + " cannot be removed: " + std::strerror(errno)};
            }
        }
        if (error && error != boost::system::errc::no_such_file_or_directory) {
            return Error{ErrorCode::unavailable, folder + " cannot be read: " + error.message()};
        }
    }
    return {};
}

}  // namespace nias::store
