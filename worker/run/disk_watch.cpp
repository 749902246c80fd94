#include "worker/run/disk_watch.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "base/words.hpp"
#include "worker/host/room.hpp"

namespace nias::worker {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kOften{1000};
constexpr int kShare = 20;        // counting takes at most a twentieth of the time,
constexpr int kShareOfTight = 4;  // or a quarter where the bound may be passed

}  // namespace

std::string bytes_passed_words(const Limits& limits) {
    const std::string wrote = "wrote more than the " + size_in_words(limits.disk_bytes) + " of disk that ";
    return limits.disk_bytes < limits.disk_most_bytes
               ? wrote + "it has; ask for more with disk = \"…\" in nias.toml, at most " +
                     size_in_words(limits.disk_most_bytes)
               : wrote + "a job of this machine may take (--max-disk)";
}

std::string files_passed_words(std::uint64_t files) {
    return "made more than the " + std::to_string(files) +
           " files that a job of this machine may have (--max-files)";
}

DiskWatch::DiskWatch(std::string folder, const Limits& limits)
    : folder_(std::move(folder)), limits_(limits), free_bytes_(Room::free_bytes(folder_)) {
    bounds_.bytes = limits.disk_bytes;
    bounds_.files = limits.disk_files;
}

std::string DiskWatch::passed(const DiskUse& use) const {
    if (use.bytes > bounds_.bytes) { return bytes_passed_words(limits_); }
    if (use.files > bounds_.files) { return files_passed_words(bounds_.files); }
    if (use.too_deep) {
        return "made folders in folders more than " + std::to_string(DiskUse::kDeepest) + " deep";
    }
    return {};
}

std::string DiskWatch::look(Time at, const std::function<std::vector<pid_t>()>& processes) {
    if (next_ == Time{}) { next_ = at + kOften; }  // when a program begins it has written nothing yet
    const std::uint64_t free = Room::free_bytes(folder_);
    const std::uint64_t went = free_bytes_ > free ? free_bytes_ - free : 0;
    const bool tight = used_bytes_ + went > bounds_.bytes;
    if (at < (tight ? counted_ : next_)) { return {}; }
    DiskUse use = use_below(folder_, bounds_);
    add_nameless(processes(), folder_, use);
    const auto took = now() - at;
    counted_ = at + took * kShareOfTight;
    next_ = at + std::max<Time::duration>(kOften, took * kShare);
    used_bytes_ = use.bytes;
    free_bytes_ = free;
    return passed(use);
}

}  // namespace nias::worker
