/// The log of one job as a stream of events follows it: read from its file as fast as the reader takes it, so
/// that nothing is lost and nothing piles up. Used by event_hub only, on its thread. A value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nias/task.hpp>

#include "store/logs/logs.hpp"

namespace nias::httpfront {

class FollowedLog {
public:
    /// Begins with this attempt at an offset, or at the present end of its log where there is none.
    void begin(const AttemptRef& attempt, std::optional<std::uint64_t> offset, const store::Logs& logs);
    /// More of an attempt's log is there. A later attempt than the followed one takes its place.
    void note(const AttemptRef& attempt);
    /// Whether the file may have more than was read.
    [[nodiscard]] bool is_behind() const { return behind_; }
    /// The next piece as an event; empty where there is none.
    [[nodiscard]] std::string read(const store::Logs& logs);

private:
    std::optional<AttemptRef> attempt_;  ///< nothing: no log is followed
    std::uint64_t next_ = 0;             ///< offset of the first byte that was not read
    bool behind_ = false;
};

}  // namespace nias::httpfront
