/// Jobs that are made ready while others run, before this worker is given them. Used by job_runner. Any
/// thread; at most as many jobs as the library's worker asks for, one a slot.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "worker/run/attempt.hpp"

namespace nias::worker {

class ReadyJobs {
public:
    /// Makes a job ready as far as that goes without its attempt. One that fails leaves nothing behind, and
    /// tells nobody: its attempt begins from the start, and finds out the same.
    void prepare(const Equipment& equipment, const Task& task, Context& context);
    /// Removes what was made ready of this job, unless an attempt has it.
    void drop(const TaskId& id);
    /// The attempt at a job that is given, as far as it is ready; null where nothing is. A step that is under
    /// way is waited for, and what it says goes to the log meanwhile.
    [[nodiscard]] std::unique_ptr<Attempt> take(const Task& task, Context& context);

private:
    /// One job. Its attempt is the preparing thread's alone while that is working; null: it failed.
    struct Entry {
        std::unique_ptr<Attempt> attempt;
        bool working = true;
        bool wanted = false;  ///< its attempt waits, or nobody wants it: it goes no further than its step
    };
    using Place = std::map<TaskId, std::shared_ptr<Entry>>::iterator;

    /// With the lock held: waits until the thread that makes it ready is at a step's end. False: the attempt
    /// was cancelled before that.
    bool wait_for_step(std::unique_lock<std::mutex>& lock, Entry& entry, Context& context);

    std::mutex mutex_;
    std::condition_variable at_step_;
    std::map<TaskId, std::shared_ptr<Entry>> entries_;
};

}  // namespace nias::worker
