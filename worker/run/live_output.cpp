#include "worker/run/live_output.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "base/host/descriptor.hpp"

namespace nias::worker {
namespace {

constexpr auto kLookEvery = std::chrono::seconds(1);
constexpr auto kShowEvery = std::chrono::seconds(2);    // one file
constexpr auto kRenewEvery = std::chrono::minutes(10);  // the sink forgets after half an hour
constexpr int kShareOfTime = 20;                        // a walk takes one part of so many
constexpr std::size_t kNamesMax = 2000;
constexpr int kDepthMax = 4;
constexpr std::int64_t kBytesMax = 2 << 20;  // as Context::show_file() takes
constexpr std::size_t kNameBytesMax = 200;
constexpr auto kOutput = "output";

enum class Kind : std::uint8_t { png, svg, csv };

std::optional<Kind> kind_of(std::string_view name) {
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos || name.size() > kNameBytesMax) { return std::nullopt; }
    std::string end(name.substr(dot + 1));
    std::transform(end.begin(), end.end(), end.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (end == "png") { return Kind::png; }
    if (end == "svg") { return Kind::svg; }
    if (end == "csv") { return Kind::csv; }
    return std::nullopt;
}

/// A file or folder below the job's, whatever the job does meanwhile: no link and no mount on the way.
Descriptor open_below(int folder, const std::string& path, std::uint64_t flags) {
    open_how how{};
    how.flags = flags | O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    return Descriptor(static_cast<int>(::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how)));
}

/// Whether the program has written the figure to its end. A table is whole after every line.
bool is_whole(int file, Kind kind, std::int64_t size) {
    if (kind == Kind::csv) { return true; }
    std::array<char, 64> end{};
    const off_t from = std::max<off_t>(0, size - static_cast<off_t>(end.size()));
    const ssize_t count = ::pread(file, end.data(), end.size(), from);
    if (count <= 0) { return false; }
    const std::string_view text(end.data(), static_cast<std::size_t>(count));
    return kind == Kind::png ? text.ends_with("IEND\xAE\x42\x60\x82") : text.find("</svg>") != text.npos;
}

}  // namespace

void LiveOutput::look(Time at) {
    if (due_.empty() && at >= next_) {
        const Time begun = now();
        const Descriptor output(open_below(job_folder_, kOutput, O_DIRECTORY));
        Walk all{at, kNamesMax};
        if (output) { walk(output.get(), "", 0, all); }
        next_ = at + std::max<Duration>(kLookEvery, (now() - begun) * kShareOfTime);
    }
    show_due(at);
}

void LiveOutput::walk(int folder, const std::string& above, int depth, Walk& walk_so_far) {
    const int copy = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, int (*)(DIR*)> names(copy < 0 ? nullptr : ::fdopendir(copy), &::closedir);
    if (!names) {
        if (copy >= 0) { ::close(copy); }
        return;
    }
    for (const dirent* entry = ::readdir(names.get()); entry != nullptr && walk_so_far.names_left > 0;
         entry = ::readdir(names.get())) {
        const std::string base = static_cast<const char*>(entry->d_name);
        if (base == "." || base == "..") { continue; }
        --walk_so_far.names_left;
        const std::string name = above.empty() ? base : above + "/" + base;
        if (kind_of(name)) {
            consider(folder, base, name, walk_so_far);
        } else if (depth < kDepthMax && (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN)) {
            const Descriptor inner(open_below(folder, base, O_DIRECTORY));
            if (inner) { walk(inner.get(), name, depth + 1, walk_so_far); }
        }
    }
}

void LiveOutput::consider(int folder, const std::string& base, const std::string& name, const Walk& walk) {
    struct stat seen {};
    if (::fstatat(folder, base.c_str(), &seen, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(seen.st_mode)) {
        return;
    }
    if (seen.st_size == 0 || seen.st_size > kBytesMax) { return; }
    const auto known = shown_.find(name);
    if (known != shown_.end()) {
        const Version version{seen.st_size, seen.st_mtim.tv_sec * 1'000'000'000 + seen.st_mtim.tv_nsec};
        const Duration since = walk.at - known->second.at;
        if (since < kShowEvery || (known->second.version == version && since < kRenewEvery)) { return; }
    } else if (shown_.size() >= kNamesMax) {
        return;
    }
    due_.push_back(name);
}

void LiveOutput::show_due(Time at) {
    while (!due_.empty()) {
        const std::string& name = due_.front();
        const Descriptor file(open_below(job_folder_, std::string(kOutput) + "/" + name, 0));
        struct stat seen {};
        const auto kind = kind_of(name);
        const bool regular = file && ::fstat(file.get(), &seen) == 0 && S_ISREG(seen.st_mode);
        if (regular && kind && is_whole(file.get(), *kind, seen.st_size)) {
            const Status shown = show_(name, "/proc/self/fd/" + std::to_string(file.get()));
            if (!shown && shown.error().code == ErrorCode::overloaded) { return; }
            // A file that was refused is not tried again until it changes.
            shown_[name] = {{seen.st_size, seen.st_mtim.tv_sec * 1'000'000'000 + seen.st_mtim.tv_nsec}, at};
        }
        due_.pop_front();
    }
}

}  // namespace nias::worker
