#include "store/live/live_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "base/host/descriptor.hpp"
#include "store/sqlite/database.hpp"
#include "wire/limits.hpp"

namespace nias::store {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kFileNameMax = 240;  // file systems have 255
constexpr auto kArriving = "/.arriving";   // no shown file is called so, see live_file_of()

Error unwritten(const std::string& path) {
    return {ErrorCode::unavailable, path + " cannot be written: " + std::strerror(errno)};
}

bool is_plain(char letter, bool first) {
    const auto byte = static_cast<unsigned char>(letter);
    return byte > ' ' && byte != 0x7F && letter != '/' && letter != '%' && !(first && letter == '.');
}

Status append(const std::string& path, std::uint64_t offset, std::span<const std::uint8_t> data) {
    const int fresh = offset == 0 ? O_TRUNC | O_CREAT : 0;
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | fresh, 0600));
    if (!file && errno != ENOENT) { return unwritten(path); }
    struct stat info {};
    if (!file || ::fstat(file.get(), &info) != 0 || static_cast<std::uint64_t>(info.st_size) != offset) {
        return Error{ErrorCode::conflict, path + " does not end where the piece begins"};
    }
    std::uint64_t at = offset;
    while (!data.empty()) {
        const ssize_t put = ::pwrite(file.get(), data.data(), data.size(), static_cast<off_t>(at));
        if (put < 0 && errno == EINTR) { continue; }
        if (put < 0) { return unwritten(path); }
        at += static_cast<std::uint64_t>(put);
        data = data.subspan(static_cast<std::size_t>(put));
    }
    return {};
}

/// Whether one more file may stand in the folder, or `file` stands there already.
bool has_room(const std::string& folder, const std::string& file) {
    std::error_code error;
    if (fs::exists(folder + "/" + file, error)) { return true; }
    std::size_t files = 0;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        if (!entry.path().filename().string().starts_with('.')) { ++files; }
    }
    return files < wire::kLiveFilesMax;
}

}  // namespace

std::string live_file_of(std::string_view name) {
    std::string out;
    for (const char letter : name) {
        if (is_plain(letter, out.empty())) {
            out.push_back(letter);
            continue;
        }
        constexpr std::string_view kDigits = "0123456789ABCDEF";
        const auto byte = static_cast<unsigned char>(letter);
        out += {'%', kDigits[byte >> 4U], kDigits[byte & 0xFU]};
    }
    return out.size() > kFileNameMax ? std::string() : out;
}

std::string live_name(std::string_view file) {
    std::string out;
    for (std::size_t at = 0; at < file.size(); ++at) {
        unsigned byte = 0;
        if (file[at] == '%' && at + 2 < file.size() &&
            std::from_chars(file.data() + at + 1, file.data() + at + 3, byte, 16).ec == std::errc{}) {
            out.push_back(static_cast<char>(byte));
            at += 2;
        } else {
            out.push_back(file[at]);
        }
    }
    return out;
}

Result<LiveFiles> LiveFiles::open(const std::string& data_dir) {
    const std::string root = data_dir + "/live";
    if (auto made = make_folder(root); !made) { return made.error(); }
    return LiveFiles(root);
}

std::string LiveFiles::folder_of(const AttemptRef& attempt) const {
    return root_ + "/" + to_string(attempt.id) + "-" + std::to_string(attempt.attempt);
}

Result<bool> LiveFiles::write(const AttemptRef& attempt, const Piece& piece,
                              std::span<const std::uint8_t> data) const {
    const std::string file = live_file_of(piece.name);
    const bool fits = piece.size_bytes <= wire::kLiveFileBytesMax && piece.offset <= piece.size_bytes &&
                      data.size() <= piece.size_bytes - piece.offset;
    if (file.empty() || data.empty() || !fits) {
        return Error{ErrorCode::invalid, "a file that an attempt shows has no name, or not its size"};
    }
    const std::string folder = folder_of(attempt);
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) { return unwritten(folder); }
    if (!has_room(folder, file)) {
        return Error{ErrorCode::invalid, folder + " holds as many files as an attempt may show"};
    }
    const std::string arriving = folder + kArriving;
    if (auto put = append(arriving, piece.offset, data); !put) { return put.error(); }
    if (piece.offset + data.size() < piece.size_bytes) { return false; }
    if (::rename(arriving.c_str(), (folder + "/" + file).c_str()) != 0) { return unwritten(folder); }
    return true;
}

std::vector<LiveFileRow> LiveFiles::list(const AttemptRef& attempt) const {
    std::vector<LiveFileRow> out;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder_of(attempt), error)) {
        const std::string file = entry.path().filename().string();
        struct stat info {};
        if (file.starts_with('.') || ::stat(entry.path().c_str(), &info) != 0) { continue; }
        out.push_back({live_name(file), static_cast<std::uint64_t>(info.st_size),
                       info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1'000'000});
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return out;
}

Result<std::optional<Bytes>> LiveFiles::read(const AttemptRef& attempt, std::string_view name) const {
    const std::string file = live_file_of(name);
    if (file.empty()) { return std::optional<Bytes>(); }
    const std::string path = folder_of(attempt) + "/" + file;
    const Descriptor opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!opened && errno == ENOENT) { return std::optional<Bytes>(); }
    Bytes out(wire::kLiveFileBytesMax);
    std::size_t size = 0;
    while (opened && size < out.size()) {
        const ssize_t got = ::read(opened.get(), out.data() + size, out.size() - size);
        if (got < 0 && errno == EINTR) { continue; }
        if (got < 0) {
            return Error{ErrorCode::unavailable, path + " cannot be read: " + std::strerror(errno)};
        }
        if (got == 0) { break; }
        size += static_cast<std::size_t>(got);
    }
    if (!opened) { return Error{ErrorCode::unavailable, path + " cannot be read: " + std::strerror(errno)}; }
    out.resize(size);
    return std::optional(std::move(out));
}

void LiveFiles::forget(const AttemptRef& attempt) const {
    std::error_code error;  // what stays is swept later
    fs::remove_all(folder_of(attempt), error);
}

std::size_t LiveFiles::sweep(std::chrono::seconds age) const {
    std::size_t forgotten = 0;
    std::error_code error;
    const auto oldest = fs::file_time_type::clock::now() - age;
    for (const auto& entry : fs::directory_iterator(root_, error)) {
        // A folder's time is that of the last rename in it.
        const auto changed = fs::last_write_time(entry.path(), error);
        if (error || changed > oldest) { continue; }
        if (fs::remove_all(entry.path(), error) > 0) { ++forgotten; }
    }
    return forgotten;
}

}  // namespace nias::store
