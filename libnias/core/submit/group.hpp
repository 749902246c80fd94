/// The book of a group of tasks at the program that submitted it: which of its members have ended and how,
/// who is told next, and whether the rest may go on. Pure. Owned by service/submitter, which locks it.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <vector>

#include <nias/result.hpp>
#include <nias/task.hpp>
#include <nias/task_group.hpp>

namespace nias::core {

/// The id of the task that takes the place of this one in its group, where it is tried again. It depends on
/// nothing else, so that a program that starts anew and tries the same member again names the same task.
[[nodiscard]] TaskId next_round(const TaskId& member);

class Group {
public:
    static constexpr std::uint64_t kAnyNumber = std::numeric_limits<std::uint64_t>::max();
    struct Rules {
        std::uint64_t max_fails = kAnyNumber;  ///< failures past which the rest is not to go on
        bool in_order = false;                 ///< ends are told by index; false: as they come
    };
    struct Counts {
        std::uint32_t succeeded = 0;
        std::uint32_t failed = 0;
        std::uint32_t cancelled = 0;
        std::uint32_t timed_out = 0;
        std::uint32_t lost = 0;
        std::uint32_t refused = 0;
    };

    /// `members`: the id of each member's task, by its index.
    Group(std::vector<TaskId> members, const Rules& rules);

    /// Notes that a task of the group has ended or was refused. False where it stands for no member at
    /// present, or where its end is known.
    bool end(const TaskId& id, Result<Outcome> outcome);
    /// The next end to tell; nothing while the member whose turn it is has not ended.
    [[nodiscard]] std::optional<MemberEnd> next();
    /// Whether the owner need not wait: next() has an end, or all ends were told.
    [[nodiscard]] bool has_news() const {
        return is_told() || (!turns_.empty() && members_[turns_.front()].untold.has_value());
    }
    /// The members that ended without success live again, each with the id of its next round. Those whose end
    /// was not told are not told of that one any more.
    std::vector<std::uint32_t> retry();
    /// The owner wants no more of it.
    void stop() { stopped_ = true; }

    /// Whether members that live are to be cancelled, and others not submitted.
    [[nodiscard]] bool is_stopped() const { return stopped_; }
    [[nodiscard]] bool has_ended() const { return alive_ == 0; }
    [[nodiscard]] bool is_told() const { return has_ended() && untold_ == 0; }
    [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(members_.size()); }
    [[nodiscard]] const TaskId& task_of(std::uint32_t index) const { return members_.at(index).id; }
    [[nodiscard]] bool lives(std::uint32_t index) const { return members_.at(index).stands == Stands::alive; }
    [[nodiscard]] const Counts& counts() const { return counts_; }
    void check_invariants() const;

private:
    enum class Stands : std::uint8_t { alive, succeeded, failed, cancelled, timed_out, lost, refused };
    struct Member {
        TaskId id;
        Stands stands = Stands::alive;
        std::optional<Result<Outcome>> untold;  ///< its end, until it is told
    };
    static Stands stands_after(const Result<Outcome>& outcome);
    std::uint32_t& count_of(Stands stands);
    [[nodiscard]] std::uint64_t fails() const;

    Rules rules_;
    std::vector<Member> members_;  ///< indexed by their place in the group
    /// Members whose end was not told: in the order of their ends, or with `in_order` all of them by index.
    std::deque<std::uint32_t> turns_;
    Counts counts_;
    std::uint32_t alive_ = 0;   ///< number of members that live
    std::uint32_t untold_ = 0;  ///< number of members whose end was not told
    bool stopped_ = false;
};

}  // namespace nias::core
