/// Whether this machine can write what jobs need: room, inodes, and a disk that takes a file at all. Used by
/// the attempts, and by the worker's loop, which asks for no tasks while something is missing. Any thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock_types.hpp"

namespace nias::worker {

class Room {
public:
    /// Below these in any of the folders nothing is begun.
    static constexpr std::uint64_t kLeastBytes = 64ULL << 20U;
    static constexpr std::uint64_t kLeastFiles = 1000;
    /// So long a machine rests after a job that needed more room than it had; then it tries again.
    static constexpr std::chrono::seconds kRestForMore{60};

    /// `folders`: where attempts and outcomes are written. They are made when they are not there.
    explicit Room(std::vector<std::string> folders) : folders_(std::move(folders)) {}

    /// An attempt could not be begun for want of room: it needed so many bytes in the first folder. Nothing
    /// is waited for that the whole disk could not hold.
    void lacked(std::uint64_t bytes, Time now);
    /// Why nothing can be begun on this machine, in a sentence; empty: all can. Writes a small file.
    [[nodiscard]] std::string missing(Time now) const;

    /// Bytes that are free where this folder lies; 0 where the disk does not say.
    [[nodiscard]] static std::uint64_t free_bytes(const std::string& folder);
    /// Bytes that a tree takes on its disk, links not followed. What cannot be read is not counted.
    [[nodiscard]] static std::uint64_t used_by(const std::string& folder);

private:
    std::vector<std::string> folders_;
    mutable std::mutex mutex_;
    std::uint64_t lacked_bytes_ = 0;  ///< bytes that the last refused attempt needed
    Time rest_until_;
};

}  // namespace nias::worker
