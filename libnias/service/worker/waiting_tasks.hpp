/// Tasks that were handed to an executor and have not begun, in order. Used by service/executor only, which
/// guards it; bounded by the core's window.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include <nias/task.hpp>

#include "wire/runs.hpp"

namespace nias::service {

class WaitingTasks {
public:
    /// A place for the task that was taken last: the next one is mostly like it.
    struct Taken {
        Task task;
        std::uint64_t run = 0;  ///< number of its run; 0: none was taken
    };

    [[nodiscard]] bool empty() const { return runs_.empty(); }

    /// Behind the others.
    void add(wire::Runs<Task> tasks) {
        tasks.hand_out([this](wire::Run<Task>&& run) { runs_.push_back({++last_number_, std::move(run)}); });
    }
    /// The next one to begin. Not of an empty one.
    void dequeue(Taken& into) {
        const Numbered& front = runs_.front();
        if (into.run != front.number) { into = {front.run.shared, front.number}; }
        front.run.fill(into.task, next_);
        if (++next_ < front.run.size()) { return; }
        runs_.pop_front();
        next_ = 0;
    }
    /// Whether a task that was taken had been stopped before. Asked once.
    [[nodiscard]] bool was_stopped(const AttemptRef& taken) {
        return !stopped_.empty() && std::erase(stopped_, taken) > 0;
    }
    /// See was_stopped().
    void stop(const AttemptRef& attempt) {
        if (std::find(stopped_.begin(), stopped_.end(), attempt) != stopped_.end()) { return; }
        if (has(attempt)) { stopped_.push_back(attempt); }
    }
    /// Takes those out that `is_wanted`; gives back their names.
    template <typename IsWanted>
    [[nodiscard]] std::vector<AttemptRef> remove(IsWanted is_wanted) {
        std::vector<AttemptRef> out;
        wire::Runs<Task> left;
        for (std::size_t from = std::exchange(next_, 0); const Numbered& one : std::exchange(runs_, {})) {
            wire::Run<Task> rest{one.run.shared, {}, {}};
            for (std::size_t i = std::exchange(from, 0); i < one.run.size(); ++i) {
                const AttemptRef attempt{one.run.ids[i], one.run.shared.attempt};
                if (is_wanted(attempt)) {
                    out.push_back(attempt);
                    std::erase(stopped_, attempt);
                } else {
                    rest.add(attempt.id, one.run.carried_of(i));
                }
            }
            if (rest.size() > 0) { left.add(std::move(rest)); }
        }
        add(std::move(left));
        return out;
    }
    void clear() {
        runs_.clear();
        stopped_.clear();
        next_ = 0;
    }

private:
    struct Numbered {
        std::uint64_t number;
        wire::Run<Task> run;
    };

    [[nodiscard]] bool has(const AttemptRef& attempt) const {
        std::size_t from = next_;
        for (const Numbered& one : runs_) {
            const auto begin = one.run.ids.begin() + static_cast<std::ptrdiff_t>(std::exchange(from, 0));
            const bool same = one.run.shared.attempt == attempt.attempt;
            if (same && std::find(begin, one.run.ids.end(), attempt.id) != one.run.ids.end()) { return true; }
        }
        return false;
    }

    std::deque<Numbered> runs_;
    std::uint64_t last_number_ = 0;
    std::size_t next_ = 0;             ///< place in the first run of the next task to begin
    std::vector<AttemptRef> stopped_;  ///< few, mostly none
};

}  // namespace nias::service
