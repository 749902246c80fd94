/// Tasks that were handed to an executor and have not begun, in order. Used by service/executor only, which
/// guards it; bounded by the core's window.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

#include <nias/task.hpp>

namespace nias::service {

class WaitingTasks {
public:
    [[nodiscard]] bool empty() const { return next_ == tasks_.size(); }

    /// Behind the others. A batch that finds none is taken over as it is.
    void add(std::vector<Task> tasks) {
        if (empty()) {
            tasks_ = std::move(tasks);
            next_ = 0;
            return;
        }
        if (next_ > tasks_.size() / 2) { drop_begun(); }
        tasks_.insert(tasks_.end(), std::make_move_iterator(tasks.begin()),
                      std::make_move_iterator(tasks.end()));
    }
    /// The next one to begin. Not of an empty one.
    [[nodiscard]] Task take() { return std::move(tasks_[next_++]); }
    /// Whether a task that was taken had been stopped before. Asked once.
    [[nodiscard]] bool was_stopped(const AttemptRef& taken) {
        return !stopped_.empty() && std::erase(stopped_, taken) > 0;
    }
    /// See was_stopped().
    void stop(const AttemptRef& attempt) {
        for (std::size_t i = next_; i < tasks_.size(); ++i) {
            if (tasks_[i].id != attempt.id || tasks_[i].attempt != attempt.attempt) { continue; }
            if (std::find(stopped_.begin(), stopped_.end(), attempt) == stopped_.end()) {
                stopped_.push_back(attempt);
            }
        }
    }
    /// Takes those out that `is_wanted`; gives back their names.
    template <typename IsWanted>
    [[nodiscard]] std::vector<AttemptRef> take_out(IsWanted is_wanted) {
        drop_begun();
        std::vector<AttemptRef> out;
        std::erase_if(tasks_, [&](const Task& task) {
            const AttemptRef attempt{task.id, task.attempt};
            if (!is_wanted(attempt)) { return false; }
            if (!stopped_.empty()) { std::erase(stopped_, attempt); }
            out.push_back(attempt);
            return true;
        });
        return out;
    }
    void clear() {
        tasks_.clear();
        stopped_.clear();
        next_ = 0;
    }

private:
    void drop_begun() {
        tasks_.erase(tasks_.begin(), tasks_.begin() + static_cast<std::ptrdiff_t>(next_));
        next_ = 0;
    }

    std::vector<Task> tasks_;
    std::size_t next_ = 0;             ///< those before it have begun
    std::vector<AttemptRef> stopped_;  ///< few, mostly none
};

}  // namespace nias::service
