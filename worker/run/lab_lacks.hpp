/// Remembers what the lab lacks at present for some of its jobs, as an index or a licence: the job that met
/// it is given back and counts no attempt, while its machine rests for a moment. Used by the attempts, and by
/// the worker's loop, which asks why nothing can be run. Any thread.
#pragma once

#include <mutex>
#include <string>
#include <utility>

#include "base/clock_types.hpp"

namespace nias::worker {

class LabLacks {
public:
    /// So long the machine rests. The loop asks when the attempt ends, which is within this.
    static constexpr std::chrono::seconds kRest{3};

    void note(std::string words, Time now) {
        const std::lock_guard lock(mutex_);
        words_ = std::move(words);
        until_ = now + kRest;
    }
    /// A sentence on the lack; empty: nothing is known to be lacking.
    [[nodiscard]] std::string missing(Time now) const {
        const std::lock_guard lock(mutex_);
        return now < until_ ? words_ : std::string();
    }

private:
    mutable std::mutex mutex_;
    std::string words_;
    Time until_{};
};

}  // namespace nias::worker
