/// Watch: listens to the two public streams, the ventilator's state changes and the sink's logs and progress.
/// For httpfront (SSE) and `nias log -f`. A resource with a thread of its own; calls back on that thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <nias/task.hpp>

namespace nias::service {

struct WatchOptions {
    std::string events;  ///< of the ventilator; empty: no state changes
    std::string output;  ///< of the sink; empty: no logs or progress
};

/// Any of them may be empty. Keep them short: a slow callback loses messages at the socket's bound, never
/// slows the ventilator or the sink. What is lost is in the ledger and the log files.
struct WatchCallbacks {
    std::function<void(const TaskId&, TaskState, Attempt)> on_state;
    /// Bytes of a log that the sink has stored; `offset` is absolute.
    std::function<void(const AttemptRef&, std::uint64_t offset, std::string_view bytes)> on_log;
    std::function<void(const AttemptRef&, double fraction, const std::string& text)> on_progress;
};

class Watch {
public:
    static Result<Watch> open(const WatchOptions& options, WatchCallbacks callbacks);
    Watch(Watch&&) noexcept;
    Watch& operator=(Watch&&) noexcept;
    ~Watch();  ///< ends the thread

private:
    class Impl;
    explicit Watch(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace nias::service
