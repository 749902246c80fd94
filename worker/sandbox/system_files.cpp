#include "worker/sandbox/system_files.hpp"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "base/log.hpp"
#include "worker/sandbox/internet.hpp"

namespace nias::worker {
namespace {

namespace fs = std::filesystem;

/// The files that programs read: nothing that names users, hosts or keys of the lab.
constexpr std::array kConfiguration{
    "/etc/alternatives", "/etc/fonts",        "/etc/ld.so.cache",     "/etc/ld.so.conf",
    "/etc/ld.so.conf.d", "/etc/localtime",    "/etc/timezone",        "/etc/mime.types",
    "/etc/magic",        "/etc/matplotlibrc", "/etc/python3",         "/etc/python3.11",
    "/etc/octave",       "/etc/octaverc",     "/etc/gnuplot",         "/etc/X11/app-defaults",
    "/etc/papersize",    "/etc/ghostscript",  "/etc/ImageMagick-6",   "/etc/OpenCL",
    "/etc/openmpi",      "/var/lib/octave",   "/var/lib/ghostscript", "/var/cache/fontconfig",
};
constexpr std::array kNetwork{"/etc/ssl/certs", "/etc/ca-certificates", "/etc/services", "/etc/protocols",
                              "/etc/gai.conf"};
constexpr auto kResolver = "/etc/resolv.conf";
constexpr auto kHosts = "/etc/hosts";
constexpr auto kMemory = "/dev/shm";
constexpr auto kPrefix = "/nias-box-";
constexpr std::string_view kPasswd =
    "root:x:0:0::/nonexistent:/usr/sbin/nologin\njob:x:1000:1000:job:/tmp:/bin/sh\n";
constexpr std::string_view kGroup = "root:x:0:\njob:x:1000:\n";
constexpr std::string_view kNsswitch = "passwd: files\ngroup: files\nhosts: files dns\n";
constexpr std::size_t kEntriesMax = 50'000;
constexpr std::size_t kPointsMax = 256;

std::vector<std::string> sources_of(Network network) {
    std::vector<std::string> out(kConfiguration.begin(), kConfiguration.end());
    if (network != Network::none) { out.insert(out.end(), kNetwork.begin(), kNetwork.end()); }
    if (network == Network::host) { out.emplace_back(kResolver); }
    return out;
}

void mix(std::uint64_t& into, std::uint64_t value) {
    into ^= value + 0x9E37'79B9'7F4A'7C15ULL + (into << 6U) + (into >> 2U);
}

void mix_file(std::uint64_t& into, const std::string& path, bool follow) {
    struct stat info {};
    if ((follow ? ::stat(path.c_str(), &info) : ::lstat(path.c_str(), &info)) != 0) { return; }
    mix(into, std::hash<std::string>{}(path));
    mix(into, static_cast<std::uint64_t>(info.st_mtim.tv_sec) * 1'000'000'000U +
                  static_cast<std::uint64_t>(info.st_mtim.tv_nsec));
    mix(into, static_cast<std::uint64_t>(info.st_size));
    mix(into, static_cast<std::uint64_t>(info.st_ino));
    mix(into, info.st_mode);
}

/// A number that another state of the files has not: of names, times, sizes and modes.
std::uint64_t state_of(Network network) {
    std::uint64_t out = 0;
    std::size_t left = kEntriesMax;
    auto sources = sources_of(network);
    if (network == Network::host) { sources.emplace_back(kHosts); }
    for (const std::string& source : sources) {
        mix_file(out, source, true);
        std::error_code error;
        for (fs::recursive_directory_iterator at(source, error), end; !error && at != end && left > 0;
             at.increment(error), --left) {
            mix_file(out, at->path().string(), false);
        }
    }
    return out;
}

/// A folder that every user may read, whatever the worker's mask.
void make_folder(const fs::path& path) {
    std::error_code error;
    if (fs::is_directory(path, error)) { return; }
    make_folder(path.parent_path());
    fs::create_directory(path, error);
    fs::permissions(path, fs::perms(0755), error);
}

/// Where the path is a link the box has what it leads to, and below it links as they are. What this user
/// cannot read is left out, as it could not be read in the box.
void copy_source(const std::string& source, const std::string& to) {
    std::error_code error;
    if (!fs::exists(source, error)) { return; }
    make_folder(fs::path(to).parent_path());
    if (!fs::is_directory(source, error)) {
        fs::copy_file(source, to, error);
        return;
    }
    make_folder(to);
    std::size_t left = kEntriesMax;
    for (fs::recursive_directory_iterator at(source, error), end; !error && at != end && left > 0;
         at.increment(error), --left) {
        const std::string inner = to + "/" + at->path().lexically_relative(source).string();
        std::error_code unread;
        if (at->is_symlink(unread)) {
            fs::copy_symlink(at->path(), inner, unread);
        } else if (at->is_directory(unread)) {
            make_folder(inner);
        } else if (at->is_regular_file(unread)) {
            fs::copy_file(at->path(), inner, unread);
        }
    }
}

/// The names that every machine knows: `localhost`, and its own. With the host's network, what the host knows
/// as well.
std::string hosts(Network network) {
    std::string out = "127.0.0.1 localhost nias\n::1 localhost ip6-localhost ip6-loopback\n";
    if (network == Network::host) {
        std::ifstream file(kHosts);
        out.append(std::istreambuf_iterator<char>(file), {});
    }
    return out;
}

Status write(const std::string& path, std::string_view content) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << content;
    file.close();
    if (file && ::chmod(path.c_str(), 0644) == 0) { return {}; }
    const bool full = errno == ENOSPC || errno == EDQUOT;
    return Error{full ? ErrorCode::overloaded : ErrorCode::unavailable,
                 path + " cannot be written: " + std::strerror(errno)};
}

bool is_ours(const std::string& path) { return path.starts_with("/etc/") || path.starts_with("/var/"); }

void make_point(const MountPoint& point, const std::string& folder) {
    std::error_code error;
    const std::string path = folder + point.path;
    if (fs::exists(path, error)) { return; }
    make_folder(point.folder ? fs::path(path) : fs::path(path).parent_path());
    if (!point.folder) { std::ofstream(path, std::ios::app).close(); }
}

}  // namespace

SystemCopy::~SystemCopy() {
    std::error_code error;
    fs::remove_all(folder_, error);
    if (error) { log::warn(folder_ + " cannot be removed: " + error.message()); }
}

bool SystemCopy::has(const std::string& path) const {
    std::error_code error;
    return fs::exists(folder_ + path, error);
}

SystemFiles::~SystemFiles() {
    for (Kept& kept : kept_) { kept.copy.reset(); }
    std::error_code error;
    if (!opened_.empty()) { fs::remove_all(opened_, error); }
    if (!place_.empty()) { fs::remove_all(place_, error); }
}

/// A thousand small files take milliseconds in memory, and up to a second on a disk. `place_` is a link to
/// the folder in memory then, by which the next life finds what a killed worker has left.
Status SystemFiles::open_folder() {
    if (!opened_.empty()) { return {}; }
    std::error_code error;
    if (!place_.empty()) {
        const fs::path left = fs::read_symlink(place_, error);
        if (!error && left.string().starts_with(std::string(kMemory) + kPrefix)) {
            fs::remove_all(left, error);
        }
        fs::remove_all(place_, error);
        fs::create_directories(fs::path(place_).parent_path(), error);
    }
    const bool in_memory = ::access(kMemory, W_OK) == 0;
    std::string made = place_;
    if (in_memory || place_.empty()) {
        made =
            (in_memory ? std::string(kMemory) : fs::temp_directory_path(error).string()) + kPrefix + "XXXXXX";
        if (::mkdtemp(made.data()) == nullptr) {
            return Error{ErrorCode::unavailable, made + " cannot be made: " + std::strerror(errno)};
        }
        if (!place_.empty()) { fs::create_symlink(made, place_, error); }
    } else {
        fs::create_directories(made, error);
        fs::permissions(made, fs::perms::owner_all, error);
    }
    if (error) { return Error{ErrorCode::unavailable, place_ + " cannot be made: " + error.message()}; }
    opened_ = made;
    return {};
}

Result<std::shared_ptr<const SystemCopy>> SystemFiles::copy(Network network,
                                                            const std::vector<MountPoint>& points) {
    const std::lock_guard lock(mutex_);
    if (auto opened = open_folder(); !opened) { return opened.error(); }
    Kept& kept = kept_[static_cast<std::size_t>(network)];
    const bool fits = kept.copy && std::all_of(points.begin(), points.end(), [&](const MountPoint& point) {
                          return !is_ours(point.path) || kept.copy->has(point.path);
                      });
    const Time at = now();
    if (fits && at - kept.looked < kLookEvery) { return kept.copy; }
    const std::uint64_t state = state_of(network);
    kept.looked = at;
    if (fits && state == kept.state) { return kept.copy; }
    for (const MountPoint& point : points) {
        if (is_ours(point.path) && points_.size() < kPointsMax) { points_.insert(point); }
    }
    auto made = make(network);
    if (!made) { return made.error(); }
    kept.copy = *made;
    kept.state = state;
    return kept.copy;
}

Result<std::shared_ptr<const SystemCopy>> SystemFiles::make(Network network) {
    const std::string folder = opened_ + "/" + std::to_string(++made_);
    auto copy = std::make_shared<const SystemCopy>(folder);
    make_folder(folder + "/etc");
    make_folder(folder + "/var");
    for (const std::string& source : sources_of(network)) { copy_source(source, folder + source); }
    std::vector<std::pair<std::string, std::string>> own{{"/etc/passwd", std::string(kPasswd)},
                                                         {"/etc/group", std::string(kGroup)},
                                                         {"/etc/nsswitch.conf", std::string(kNsswitch)},
                                                         {kHosts, hosts(network)}};
    if (network == Network::internet) { own.emplace_back(kResolver, Internet::resolv_conf()); }
    for (const auto& [path, content] : own) {
        if (auto written = write(folder + path, content); !written) { return written.error(); }
    }
    for (const MountPoint& point : points_) { make_point(point, folder); }
    return copy;
}

Result<std::string> SystemFiles::processors(std::uint32_t count) {
    const std::lock_guard lock(mutex_);
    if (auto opened = open_folder(); !opened) { return opened.error(); }
    const std::string folder = opened_ + "/processors-" + std::to_string(count);
    const std::string cpu = folder + "/devices/system/cpu";
    std::error_code error;
    if (fs::exists(cpu + "/online", error)) { return folder; }
    make_folder(cpu);
    if (auto written = write(cpu + "/online", count == 1 ? "0\n" : "0-" + std::to_string(count - 1) + "\n");
        !written) {
        return written.error();
    }
    return folder;
}

}  // namespace nias::worker
