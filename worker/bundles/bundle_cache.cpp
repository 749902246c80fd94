#include "worker/bundles/bundle_cache.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/log.hpp"
#include "base/sha256.hpp"
#include "worker/host/room.hpp"

namespace nias::worker {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t kShareOfDisk = 10;
constexpr std::size_t kFilesMax = 10'000;

}  // namespace

std::string BundleCache::path_of(const BlobHash& hash) const { return folder_ + "/" + to_string(hash); }

Status BundleCache::obtain(const BlobRef& bundle, const std::string& path, const Fetch& fetch) {
    if (max_bytes_ == 0) { return fetch(path); }
    if (take(bundle, path)) { return {}; }
    if (auto fetched = fetch(path); !fetched) { return fetched; }
    keep(bundle, path);
    return {};
}

/// A bundle of an earlier life is compared with its name before it is first used: a power cut may have
/// spoilt it.
bool BundleCache::take(const BlobRef& bundle, const std::string& path) {
    const std::string kept = path_of(bundle.hash);
    const std::string name = to_string(bundle.hash);
    bool checked = false;
    {
        const std::lock_guard lock(mutex_);
        checked = checked_.contains(name);
        if (::link(kept.c_str(), path.c_str()) != 0) { return false; }
        (void)::utimensat(AT_FDCWD, kept.c_str(), nullptr, 0);  // last used
    }
    struct stat info {};
    const bool sized =
        ::stat(path.c_str(), &info) == 0 && static_cast<std::uint64_t>(info.st_size) == bundle.size_bytes;
    if (sized && checked) { return true; }
    const auto hash = sized ? hash_file(path) : Result<BlobHash>(BlobHash{});
    if (hash && *hash == bundle.hash) {
        const std::lock_guard lock(mutex_);
        checked_.insert(name);
        return true;
    }
    ::unlink(path.c_str());
    forget(bundle.hash);
    log::warn("a bundle that was kept is damaged, and is fetched again: " + kept);
    return false;
}

void BundleCache::keep(const BlobRef& bundle, const std::string& path) {
    struct stat info {};
    // A link leads to the sink's own file, where both are on one machine.
    if (::lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) { return; }
    const std::lock_guard lock(mutex_);
    std::error_code error;
    fs::create_directories(folder_, error);
    fs::permissions(folder_, fs::perms::owner_all, error);
    // On another file system than the work folder nothing is kept: a copy would cost what a fetch does.
    if (::link(path.c_str(), path_of(bundle.hash).c_str()) != 0) { return; }
    checked_.insert(to_string(bundle.hash));
    evict();
}

void BundleCache::forget(const BlobHash& hash) {
    const std::lock_guard lock(mutex_);
    checked_.erase(to_string(hash));
    ::unlink(path_of(hash).c_str());
}

void BundleCache::evict() {
    struct Known {
        fs::file_time_type used;
        fs::path path;
        std::uint64_t bytes;
    };
    std::vector<Known> known;
    std::uint64_t total = 0;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder_, error)) {
        const std::uint64_t bytes = entry.file_size(error);
        if (error) { continue; }
        known.push_back({entry.last_write_time(error), entry.path(), bytes});
        total += bytes;
    }
    const std::uint64_t most = std::min(max_bytes_, (Room::free_bytes(folder_) + total) / kShareOfDisk);
    std::sort(known.begin(), known.end(), [](const Known& a, const Known& b) { return a.used < b.used; });
    std::size_t left = known.size();
    for (const Known& one : known) {
        if (total <= most && left <= kFilesMax) { return; }
        checked_.erase(one.path.filename().string());
        fs::remove(one.path, error);
        total -= one.bytes;
        --left;
    }
}

}  // namespace nias::worker
