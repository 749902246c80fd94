#include "core/submit/group.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace nias::core {

TaskId next_round(const TaskId& member) {
    constexpr std::size_t kFirst = 6;  // behind the milliseconds
    constexpr std::size_t kEnd = 12;   // before the index
    TaskId next = member;
    for (std::size_t i = kEnd; i-- > kFirst && ++next.bytes[i] == 0;) {}
    return next;
}

Group::Group(std::vector<TaskId> members, const Rules& rules) : rules_(rules), members_(members.size()) {
    for (std::size_t i = 0; i < members.size(); ++i) {
        members_[i].id = members[i];
        if (rules_.in_order) { turns_.push_back(static_cast<std::uint32_t>(i)); }
    }
    alive_ = size();
}

Group::Stands Group::stands_after(const Result<Outcome>& outcome) {
    if (!outcome) { return Stands::refused; }
    switch (outcome->status) {
        case OutcomeStatus::succeeded: return Stands::succeeded;
        case OutcomeStatus::failed: return Stands::failed;
        case OutcomeStatus::cancelled: return Stands::cancelled;
        case OutcomeStatus::timed_out: return Stands::timed_out;
        case OutcomeStatus::could_not_run: return Stands::lost;
    }
    return Stands::lost;
}

std::uint32_t& Group::count_of(Stands stands) {
    switch (stands) {
        case Stands::alive: return alive_;
        case Stands::succeeded: return counts_.succeeded;
        case Stands::failed: return counts_.failed;
        case Stands::cancelled: return counts_.cancelled;
        case Stands::timed_out: return counts_.timed_out;
        case Stands::lost: return counts_.lost;
        case Stands::refused: return counts_.refused;
    }
    return counts_.lost;
}

// A cancelled member does not count as failed. Otherwise the members that `max_fails` has cancelled would
// count.
std::uint64_t Group::fails() const {
    return std::uint64_t{counts_.failed} + counts_.timed_out + counts_.lost + counts_.refused;
}

bool Group::end(const TaskId& id, Result<Outcome> outcome) {
    const std::uint32_t index = id.index();
    if (index >= members_.size()) { return false; }
    Member& member = members_[index];
    if (member.id != id || member.stands != Stands::alive) { return false; }
    member.stands = stands_after(outcome);
    member.untold = std::move(outcome);
    --alive_;
    ++count_of(member.stands);
    ++untold_;
    if (!rules_.in_order) { turns_.push_back(index); }
    if (fails() > rules_.max_fails) { stopped_ = true; }
    return true;
}

std::optional<MemberEnd> Group::next() {
    if (turns_.empty()) { return std::nullopt; }
    const std::uint32_t index = turns_.front();
    Member& member = members_[index];
    if (!member.untold) { return std::nullopt; }
    turns_.pop_front();
    --untold_;
    return MemberEnd{index, member.id, *std::exchange(member.untold, std::nullopt)};
}

std::vector<std::uint32_t> Group::retry() {
    std::vector<std::uint32_t> again;
    for (std::uint32_t index = 0; index < size(); ++index) {
        Member& member = members_[index];
        if (member.stands == Stands::alive || member.stands == Stands::succeeded) { continue; }
        const bool was_untold = std::exchange(member.untold, std::nullopt).has_value();
        if (was_untold) { --untold_; }
        if (!was_untold && rules_.in_order) {
            turns_.push_back(index);
        }  // behind those that were not told yet
        --count_of(member.stands);
        ++alive_;
        // A task that was refused was never accepted, so the same task is submitted again.
        if (member.stands != Stands::refused) { member.id = next_round(member.id); }
        member.stands = Stands::alive;
        again.push_back(index);
    }
    if (!rules_.in_order) {
        std::erase_if(turns_, [this](std::uint32_t index) { return !members_[index].untold; });
    }
    stopped_ = false;
    return again;
}

void Group::check_invariants() const {
    std::uint32_t alive = 0;
    std::uint32_t untold = 0;
    for (const Member& member : members_) {
        alive += member.stands == Stands::alive ? 1U : 0U;
        untold += member.untold ? 1U : 0U;
        NIAS_CHECK(!member.untold || member.stands != Stands::alive, "a member that lives has no end");
    }
    NIAS_CHECK(alive == alive_ && untold == untold_, "the members of a group are miscounted");
    const std::uint64_t ended = fails() + counts_.succeeded + counts_.cancelled;
    NIAS_CHECK(ended + alive_ == members_.size(), "a member lives or has ended");
    NIAS_CHECK(turns_.size() >= untold_, "an end that is not told has a turn");
}

}  // namespace nias::core
