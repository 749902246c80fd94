/// Requests that wait for the end of a job. Used by event_hub; any thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>

#include <nias/task.hpp>

#include "base/clock.hpp"

namespace nias::httpfront {

class EndWaits {
public:
    /// Returns when the job has ended, at the deadline, or after close(). `ended` looks whether it has.
    void wait(const TaskId& id, Time deadline, const std::function<bool()>& ended);
    void heard_end(const TaskId& id);
    [[nodiscard]] bool waits_for(const TaskId& id);
    void close();  ///< nobody waits any more

private:
    struct Wait {
        TaskId id;
        bool over = false;
    };

    std::mutex mutex_;
    std::condition_variable changed_;
    std::list<Wait> waits_;  // under mutex_, as the next; at most as many as threads
    bool closed_ = false;
};

}  // namespace nias::httpfront
