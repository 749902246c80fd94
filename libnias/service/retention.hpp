/// Deletes tasks whose time is over, by the same way as people do, so that they can be brought back for a
/// while. A thread of its own. Used by httpfront where jobs are kept for a number of days.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include <nias/result.hpp>

namespace nias::service {

/// A server's ledger and the ventilator that keeps it, and for how long a deleted task can be brought back.
struct Retained {
    std::string data_dir;
    std::string control;
    std::uint32_t undo_s = 0;
};

/// Deletes all tasks that ended before this moment; how many. `unavailable`: the ventilator is silent.
[[nodiscard]] Result<std::size_t> delete_ended_before(const Retained& retained, std::int64_t unix_ms);

class Retention {
public:
    /// Looks at once and then every ten minutes for tasks that ended longer ago than `keep`.
    Retention(Retained retained, std::chrono::milliseconds keep);
    Retention(const Retention&) = delete;
    Retention& operator=(const Retention&) = delete;
    /// Waits for the look under way.
    ~Retention();

private:
    void run();
    Retained retained_;
    std::chrono::milliseconds keep_;
    std::mutex mutex_;  ///< guards `closing_`
    std::condition_variable changed_;
    bool closing_ = false;
    std::thread thread_;
};

}  // namespace nias::service
