/// Says how long a job waits for what the whole lab lacks at present, as a package index or a licence: longer
/// each time that it was tried in vain, so that others run meanwhile. Used by the attempts. Any thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <mutex>

#include <nias/task.hpp>

#include "base/clock_types.hpp"

namespace nias::worker {

class LabLacks {
public:
    /// Tasks that are remembered at once; of more, the one that was tried longest ago is forgotten.
    static constexpr std::size_t kTasksMost = 1024;
    /// A task that was not tried for so long begins with the least wait again.
    static constexpr std::chrono::hours kForgetAfter{1};

    /// The first wait is `least_s` seconds; each further one is twice the one before, up to `most_s`.
    LabLacks(std::uint32_t least_s, std::uint32_t most_s)
        : least_s_(std::max<std::uint32_t>(least_s, 1)), most_s_(std::max(most_s, least_s_)) {}

    /// The seconds that the task waits, which was tried in vain once more.
    [[nodiscard]] std::uint32_t next_wait_s(const TaskId& task, Time now) {
        const std::lock_guard lock(mutex_);
        const auto known = tried_.find(task);
        const bool again = known != tried_.end() && now - known->second.last < kForgetAfter;
        const std::uint32_t wait_s =
            again ? std::min(most_s_, known->second.wait_s * 2) : std::min(least_s_, most_s_);
        tried_.insert_or_assign(task, Tried{wait_s, now});
        if (tried_.size() > kTasksMost) { forget_oldest(); }
        return wait_s;
    }
    /// The task got what it needs.
    void forget(const TaskId& task) {
        const std::lock_guard lock(mutex_);
        tried_.erase(task);
    }

private:
    struct Tried {
        std::uint32_t wait_s = 0;
        Time last{};
    };
    void forget_oldest() {
        tried_.erase(std::min_element(tried_.begin(), tried_.end(), [](const auto& a, const auto& b) {
            return a.second.last < b.second.last;
        }));
    }
    std::uint32_t least_s_;
    std::uint32_t most_s_;
    std::mutex mutex_;
    std::map<TaskId, Tried> tried_;
};

}  // namespace nias::worker
