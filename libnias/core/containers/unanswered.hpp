/// Items that are said together, and again until each of them is answered: a submitter's tasks, a worker's
/// outcomes. Used by execute and the submitter. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <list>
#include <span>
#include <utility>
#include <vector>

#include "base/clock_types.hpp"
#include "wire/runs.hpp"
#include "wire/weight.hpp"

namespace nias::core {

template <typename T>
class Unanswered {
public:
    using List = std::list<Unanswered>;

    /// Begins a batch at the end of a list.
    static Unanswered& open(List& list, const T& shared) {
        Unanswered& one = list.emplace_back();
        one.self = std::prev(list.end());
        one.run_.shared = shared;
        one.bytes_ = wire::weight(one.run_);
        return one;
    }

    [[nodiscard]] const wire::Run<T>& run() const { return run_; }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }  ///< wire::weight() of the whole run
    [[nodiscard]] std::size_t left() const { return left_; }    ///< number of unanswered items
    [[nodiscard]] bool is_open(std::size_t place) const { return !answered_[place]; }

    /// Adds an item. Returns its place in the run, until leave_out_answered() moves it.
    std::uint32_t add(const TaskId& id, std::span<const std::uint8_t> carries) {
        run_.add(id, carries);
        answered_.push_back(false);
        ++left_;
        bytes_ += sizeof(TaskId) + wire::kCarriedLength + carries.size();
        return static_cast<std::uint32_t>(run_.size() - 1);
    }
    /// Marks an item as answered. False where it was the last unanswered one.
    bool answer(std::size_t place) {
        answered_[place] = true;
        return --left_ > 0;
    }
    /// Removes the answered items before the run is said again. Calls `moved(id, place)` for each that is
    /// left.
    template <typename Moved>
    void leave_out_answered(Moved moved) {
        if (left_ == run_.size()) { return; }
        const wire::Run<T> before = std::exchange(run_, {std::move(run_.shared), {}, {}});
        const std::vector<bool> answered = std::exchange(answered_, {});
        left_ = 0;
        bytes_ = wire::weight(run_);
        for (std::size_t i = 0; i < before.size(); ++i) {
            if (!answered[i]) { moved(before.ids[i], add(before.ids[i], before.carried_of(i))); }
        }
    }

    Time said;                     ///< time when it was last sent; zero while it never was
    typename List::iterator self;  ///< place of this report in its list

private:
    wire::Run<T> run_;
    std::vector<bool> answered_;  ///< a flag for each item of `run_`
    std::size_t left_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace nias::core
