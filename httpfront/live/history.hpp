/// The jobs of the last events, by the events' ids, so that a reader that comes again is told what it missed.
/// A value; used by event_hub on its thread.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <nias/task.hpp>

namespace nias::httpfront {

class History {
public:
    static constexpr std::size_t kMost = 1024;  ///< events that are looked back at

    /// `epoch` tells the ids of this server's life from those of another.
    explicit History(std::uint64_t epoch) : prefix_(std::to_string(epoch) + "-") {}

    /// The next event is about this job.
    void add(const TaskId& job);
    /// The id of the last event.
    [[nodiscard]] std::string event_id() const { return prefix_ + std::to_string(seq_); }
    /// The jobs of the events after the one with this id; nothing: it is not of this life, or too long ago.
    [[nodiscard]] std::optional<std::set<TaskId>> since(std::string_view event_id) const;

private:
    std::string prefix_;
    std::uint64_t seq_ = 0;    ///< number of the last event
    std::deque<TaskId> jobs_;  ///< jobs of the last kMost events
};

}  // namespace nias::httpfront
