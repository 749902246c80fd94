/// The history of the queue: samples its numbers on a thread of its own, keeps them in the data directory
/// over restarts, and tells them. Used by the handlers of the queue. A resource; any thread.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "http/lane.hpp"
#include "live/queue_curve.hpp"
#include "live/waiting_walk.hpp"
#include "site/stores.hpp"

namespace nias::httpfront {

class QueueHistory {
public:
    /// Reads what an earlier start kept and begins to sample. A file that cannot be read is a history that
    /// begins anew. `stores` outlives it.
    static std::unique_ptr<QueueHistory> open(const std::string& data_dir, Stores& stores);
    QueueHistory(const QueueHistory&) = delete;
    QueueHistory& operator=(const QueueHistory&) = delete;
    ~QueueHistory();  ///< ends the sampling and keeps what was sampled

    [[nodiscard]] std::deque<QueueSample> of(Span span) const;
    /// See QueueCurve::pace().
    [[nodiscard]] std::optional<double> pace(std::int64_t now_s) const;

    /// How long the oldest job had waited when this was looked at last; zero: none waits. Nothing before the
    /// first look.
    [[nodiscard]] std::optional<std::chrono::milliseconds> oldest_waits(std::int64_t now_ms) const;

private:
    QueueHistory(std::string path, Stores& stores);
    void sample();
    void look_for_oldest();
    void keep();
    void run();

    std::string path_;
    Stores& stores_;
    mutable std::mutex mutex_;
    QueueCurve curve_;                             // under mutex_
    bool ends_ = false;                            // under mutex_
    std::optional<std::int64_t> oldest_since_ms_;  // under mutex_; when it was sent, or 0: none waits
    std::condition_variable wake_;
    bool keeping_failed_ = false;  // the sampling thread's own, as the next two
    bool some_wait_ = false;       // as of the last sample
    WaitingWalk walk_;
    std::unique_ptr<WorkLane> lane_;
};

}  // namespace nias::httpfront
