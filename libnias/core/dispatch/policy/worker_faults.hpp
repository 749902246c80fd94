/// The faults of a worker: the different jobs that in a row could not be run there. Three of them pause
/// it, until an administrator resumes it. Part of dispatch; kept by name, for a worker that connects again.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nias/task.hpp>

namespace nias::core {

class WorkerFaults {
public:
    static constexpr std::size_t kJobsInARow = 3;

    /// An attempt of this job ended there by no answer of its program. True: this one pauses the worker.
    bool add(const TaskId& job, std::string_view reason) {
        if (!paused_.empty() || std::find(jobs_.begin(), jobs_.end(), job) != jobs_.end()) { return false; }
        jobs_.push_back(job);
        if (jobs_.size() < kJobsInARow) { return false; }
        jobs_.clear();
        paused_ = std::to_string(kJobsInARow) +
                  " different jobs in a row could not be run there, the last: " + std::string(reason);
        return true;
    }
    /// A job ended there as its program wanted, or at its own limit: the row is broken.
    void clear() { jobs_.clear(); }
    /// Why it was paused; nothing: it was not.
    std::optional<std::string> resume() {
        if (paused_.empty()) { return std::nullopt; }
        return std::exchange(paused_, {});
    }

    [[nodiscard]] const std::string& paused() const { return paused_; }  ///< the reason; empty: it is not
    [[nodiscard]] bool any() const { return !jobs_.empty(); }
    [[nodiscard]] bool worth_keeping() const { return any() || !paused_.empty(); }

private:
    std::vector<TaskId> jobs_;
    std::string paused_;
};

}  // namespace nias::core
