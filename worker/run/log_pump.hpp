/// The log of one attempt: standard output and error as they came, live, bounded. Used by attempt,
/// execution and env. Half of the bound goes out as it comes; past it the newest half is held and
/// follows, after a line that marks the cut, at the end. One thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace nias::worker {

class LogPump {
public:
    using Out = std::function<void(std::string_view)>;
    LogPump(Out out, std::uint64_t max_bytes);

    void feed(std::string_view bytes);
    /// A line of the worker's own, marked as such, on a line of its own.
    void say(std::string_view line);
    /// Past the first half: sends the newest of what is held, as far as the share of the bound that is kept
    /// for this allows it at `at`. Call it some times a second.
    void tick(Time at);
    /// Sends what was held back. Nothing may be fed afterwards.
    void finish();
    /// The end of what the program said, at least 64 KiB where it said as much: its error is in there.
    [[nodiscard]] std::string_view recent() const { return recent_; }
    /// Empties recent(): another program is about to speak.
    void next_program() { recent_.clear(); }

private:
    std::uint64_t send_newest(std::uint64_t most);

    Out out_;
    std::uint64_t half_;
    std::uint64_t head_bytes_ = 0;
    std::uint64_t held_bytes_ = 0;   ///< bytes that came after the head, kept or not
    std::uint64_t shown_bytes_ = 0;  ///< bytes of the second half that tick() sent
    std::optional<Time> full_since_;
    std::string tail_;
    std::string recent_;
    bool line_open_ = false;
};

}  // namespace nias::worker
