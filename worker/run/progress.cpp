#include "worker/run/progress.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace nias::worker {
namespace {

constexpr std::size_t kTextBytes = 200;
constexpr std::size_t kReadBytes = 2048;  // from the end of the file

std::optional<Progress> parse_line(std::string_view line) {
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) { line.remove_prefix(1); }
    Progress out;
    const auto parsed = std::from_chars(line.data(), line.data() + line.size(), out.fraction);
    if (parsed.ec != std::errc{} || !(out.fraction >= 0 && out.fraction <= 1)) { return std::nullopt; }
    line.remove_prefix(static_cast<std::size_t>(parsed.ptr - line.data()));
    if (!line.empty() && line.front() != ' ' && line.front() != '\t' && line.front() != '\r') {
        return std::nullopt;
    }
    for (const char c : line) {
        if (static_cast<unsigned char>(c) >= 0x20 && !(out.text.empty() && c == ' ') &&
            out.text.size() < kTextBytes) {
            out.text.push_back(c);
        }
    }
    return out;
}

}  // namespace

std::optional<Progress> parse_progress(std::string_view text) {
    while (!text.empty()) {
        const std::size_t end = text.rfind('\n');
        const std::string_view line = end == std::string_view::npos ? text : text.substr(end + 1);
        if (auto found = parse_line(line)) { return found; }
        if (end == std::string_view::npos) { break; }
        text = text.substr(0, end);
    }
    return std::nullopt;
}

Result<ProgressFile> ProgressFile::make(const std::string& path) {
    Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) { return Error{ErrorCode::unavailable, path + ": " + std::strerror(errno)}; }
    return ProgressFile(std::move(file));
}

timespec ProgressFile::changed() const {
    struct stat status {};
    return ::fstat(file_.get(), &status) == 0 ? status.st_ctim : timespec{};
}

std::optional<Progress> ProgressFile::poll() {
    struct stat status {};
    if (::fstat(file_.get(), &status) != 0 || status.st_size == 0) { return std::nullopt; }
    std::array<char, kReadBytes> bytes{};
    const off_t from = std::max<off_t>(0, status.st_size - static_cast<off_t>(bytes.size()));
    const ssize_t count = ::pread(file_.get(), bytes.data(), bytes.size(), from);
    if (status.st_size > kMostBytes && ::ftruncate(file_.get(), 0) != 0) { return std::nullopt; }
    if (count <= 0) { return std::nullopt; }
    std::string text(bytes.data(), static_cast<std::size_t>(count));
    if (text == seen_) { return std::nullopt; }
    auto found = parse_progress(text);
    seen_ = std::move(text);
    return found;
}

}  // namespace nias::worker
