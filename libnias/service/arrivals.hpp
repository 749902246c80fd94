/// Arrivals: how many parts of one process the ventilator has answered. Each part tells of itself once, and
/// Pipeline::open() waits for all. Any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace nias::service {

class Arrivals {
public:
    /// One more part was answered.
    void add() {
        const std::lock_guard lock(mutex_);
        ++parts_;
        changed_.notify_all();
    }
    /// A part has failed: nobody waits any longer.
    void give_up() {
        const std::lock_guard lock(mutex_);
        given_up_ = true;
        changed_.notify_all();
    }
    /// Waits until so many parts were answered. Gives back how many were, when one failed or the time is
    /// over.
    std::size_t wait_for(std::size_t parts, std::chrono::milliseconds patience) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, patience, [&] { return given_up_ || parts_ >= parts; });
        return parts_;
    }

private:
    std::mutex mutex_;  // guards the next two
    std::size_t parts_ = 0;
    bool given_up_ = false;
    std::condition_variable changed_;
};

}  // namespace nias::service
