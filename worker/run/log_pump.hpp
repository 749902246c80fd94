/// The log of one attempt: standard output and error as they came, live, bounded. Used by attempt,
/// execution and env. Half of the bound goes out as it comes; past it the newest half is held and
/// follows, after a line that marks the cut, at the end. One thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace nias::worker {

class LogPump {
public:
    using Out = std::function<void(std::string_view)>;
    LogPump(Out out, std::uint64_t max_bytes);

    void feed(std::string_view bytes);
    /// A line of the worker's own, marked as such, on a line of its own.
    void say(std::string_view line);
    /// Sends what was held back. Nothing may be fed afterwards.
    void finish();
    /// The end of what the program said, at least 8 KiB where it said as much: its error is in there.
    [[nodiscard]] std::string_view recent() const { return recent_; }
    /// Empties recent(): another program is about to speak.
    void next_program() { recent_.clear(); }

private:
    Out out_;
    std::uint64_t half_;
    std::uint64_t head_bytes_ = 0;
    std::uint64_t held_bytes_ = 0;  ///< that came after the head, kept or not
    std::string tail_;
    std::string recent_;
    bool line_open_ = false;
};

}  // namespace nias::worker
