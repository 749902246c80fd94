/// Ends: what nias_next() has to give. The submitter's thread puts ends in, callers take them out, and a
/// descriptor is readable while there is one. Any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>

#include <nias/task.hpp>

#include "net/socket.hpp"

namespace nias::service::c_api {

class Ends {
public:
    static constexpr std::size_t kMost = 1'000'000;  ///< tasks whose ends were not taken
    struct End {
        TaskId id;
        Result<Outcome> outcome;
    };

    /// Before a task is submitted. False: kMost were expected and not taken.
    [[nodiscard]] bool expect() {
        const std::lock_guard lock(mutex_);
        if (expected_ >= kMost) { return false; }
        ++expected_;
        return true;
    }
    /// The task was not submitted: nothing comes of it.
    void expect_no_more() {
        const std::lock_guard lock(mutex_);
        --expected_;
    }
    void put(const TaskId& id, Result<Outcome> outcome) {
        const std::lock_guard lock(mutex_);
        ends_.push_back({id, std::move(outcome)});
        if (ends_.size() == 1) { readable_.wake(); }
        changed_.notify_one();
    }
    /// The end that came first; nothing: none came in this time.
    [[nodiscard]] std::optional<End> dequeue(std::chrono::milliseconds patience) {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, patience, [this] { return !ends_.empty(); })) { return std::nullopt; }
        std::optional<End> first(std::move(ends_.front()));
        ends_.pop_front();
        --expected_;
        if (ends_.empty()) { readable_.drain(); }
        return first;
    }
    [[nodiscard]] int descriptor() const noexcept { return readable_.descriptor(); }

private:
    std::mutex mutex_;  // guards all below
    std::condition_variable changed_;
    std::deque<End> ends_;
    std::size_t expected_ = 0;  ///< ends that come or came, and were not taken
    net::Waker readable_;
};

}  // namespace nias::service::c_api
