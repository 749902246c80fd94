/// Bundles that this machine has fetched, so that a job that runs again, or is one of many with the same
/// bundle, fetches nothing. Used by attempt; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_set>

#include <nias/task.hpp>

namespace nias::worker {

class BundleCache {
public:
    /// Fetches a bundle into a file, as Context::fetch() does.
    using Fetch = std::function<Status(const std::string& path)>;

    /// `folder` is made at first use; it may be left from an earlier life. At most `max_bytes` are kept in
    /// it, and at most a tenth of what its disk could hold beside them; 0: nothing is kept.
    BundleCache(std::string folder, std::uint64_t max_bytes)
        : folder_(std::move(folder)), max_bytes_(max_bytes) {}

    /// Puts the bundle at `path`, where nothing is: from here if it is here and its bytes are right, else by
    /// `fetch`, whose errors are passed on. What is there is read only.
    [[nodiscard]] Status obtain(const BlobRef& bundle, const std::string& path, const Fetch& fetch);
    /// For a bundle whose bytes turned out to be others than its name says: the next one is fetched.
    void forget(const BlobHash& hash);

private:
    [[nodiscard]] std::string path_of(const BlobHash& hash) const;
    [[nodiscard]] bool take(const BlobRef& bundle, const std::string& path);
    void keep(const BlobRef& bundle, const std::string& path);
    void evict();

    std::string folder_;
    std::uint64_t max_bytes_;
    std::mutex mutex_;                         // guards the folder's names, and what follows
    std::unordered_set<std::string> checked_;  ///< bundles whose bytes this life has seen to be right
};

}  // namespace nias::worker
