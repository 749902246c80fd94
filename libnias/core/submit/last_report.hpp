/// Decides which of two reports of a task is the later one. Reports come on a stream and as answers to
/// questions, so one may come twice, and one may overtake another. Used by the submit core and by
/// service/watcher. A value.
#pragma once

#include <compare>
#include <cstdint>

#include <nias/task.hpp>

#include "wire/event.hpp"

namespace nias::core {

/// Where a report stands in the order in which the ventilator made its reports. States alone have no order:
/// an earlier attempt that comes back takes the place of a later one that has not begun.
struct ReportPlace {
    std::uint64_t life = 0;    ///< the ventilator's; later lives have greater numbers
    std::uint64_t number = 0;  ///< the report's, within that life
    auto operator<=>(const ReportPlace&) const = default;
};

/// The latest report about one task. It only ever moves forward, and an end is final.
class LastReport {
public:
    /// The news that one report adds.
    enum class News : std::uint8_t {
        nothing,   ///< the report is known, or older than a known one
        accepted,  ///< the first report that the ventilator has the task
        moved,     ///< the task stands elsewhere
        ended,     ///< its end, which is told once
        refused,   ///< the ventilator does not have it, and never said that it had
        gone,      ///< the ventilator had it, and has it no more: it keeps nothing and was restarted
    };

    /// Hears one report, and says what is new in it. `place` may be left out where only acceptance and end
    /// matter.
    News hear(const wire::Event& event, const ReportPlace& place = {});
    /// The same for a report of any kind but `rejected`, whose other fields decide nothing.
    News hear(wire::EventKind kind, TaskState state, Attempt attempt, const ReportPlace& place = {});

    [[nodiscard]] bool accepted() const { return accepted_; }
    [[nodiscard]] bool has_ended() const { return accepted_ && nias::has_ended(state_); }
    /// The task's state and attempt; without a meaning until it is accepted().
    [[nodiscard]] TaskState state() const { return state_; }
    [[nodiscard]] Attempt attempt() const { return attempt_; }

private:
    News hear_rejection(wire::EventCode code);

    ReportPlace place_;
    Attempt attempt_ = 0;
    TaskState state_ = TaskState::queued;
    bool accepted_ = false;
};

}  // namespace nias::core
