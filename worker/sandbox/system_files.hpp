/// Copies of what boxes have of the machine's /etc and /var. A box is given a copy as one mount each, where
/// the machine's own files would be some thirty, which cost more than all else of a box. Used by bwrap; any
/// thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <nias/result.hpp>

#include "base/clock.hpp"
#include "worker/host/limits.hpp"

namespace nias::worker {

/// One copy. It never changes, and its folder goes with the last who holds it.
class SystemCopy {
public:
    explicit SystemCopy(std::string folder) : folder_(std::move(folder)) {}
    SystemCopy(const SystemCopy&) = delete;
    SystemCopy& operator=(const SystemCopy&) = delete;
    ~SystemCopy();
    [[nodiscard]] std::string etc() const { return folder_ + "/etc"; }
    [[nodiscard]] std::string var() const { return folder_ + "/var"; }
    /// Whether something can be mounted at this path of a box, which lies in /etc or /var.
    [[nodiscard]] bool has(const std::string& path) const;

private:
    std::string folder_;
};

/// A place of a box where something else is mounted.
struct MountPoint {
    std::string path;
    bool folder = false;
    friend auto operator<=>(const MountPoint&, const MountPoint&) = default;
};

class SystemFiles {
public:
    /// How long a change of the machine's files may stay unseen by new boxes.
    static constexpr std::chrono::seconds kLookEvery{10};

    /// `place` is this object's alone, and removed at its end: a folder, or a link to one in memory where the
    /// machine has that. Empty: only the folder, in memory or in the system's temporary one.
    explicit SystemFiles(std::string place) : place_(std::move(place)) {}
    SystemFiles(const SystemFiles&) = delete;
    SystemFiles& operator=(const SystemFiles&) = delete;
    ~SystemFiles();

    /// The copy for boxes with this network, with a place for each of `points` that lies in /etc or /var.
    /// `unavailable`, `overloaded`: it cannot be written.
    [[nodiscard]] Result<std::shared_ptr<const SystemCopy>> copy(Network network,
                                                                 const std::vector<MountPoint>& points);
    /// A folder for /sys of a box with so many processors: by it the C library counts them, and Python too.
    [[nodiscard]] Result<std::string> processors(std::uint32_t count);

private:
    struct Kept {
        std::shared_ptr<const SystemCopy> copy;
        std::uint64_t state = 0;  ///< state of the machine's files at that time
        Time looked{};
    };
    [[nodiscard]] Status open_folder();
    [[nodiscard]] Result<std::shared_ptr<const SystemCopy>> make(Network network);

    std::mutex mutex_;  // guards all below
    std::string place_;
    std::string opened_;  ///< the folder itself; empty: it is not made yet
    std::uint64_t made_ = 0;
    std::set<MountPoint> points_;
    Kept kept_[3];  ///< by network
};

}  // namespace nias::worker
