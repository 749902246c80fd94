/// When a worker that was stopped may end: all is done, its time is over, or nobody is there who could settle
/// what it did. Pure: the worker's loop tells it the time and what is left. Used by service/worker only.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "base/clock_types.hpp"

namespace nias::service {

class Drain {
public:
    enum class End { not_yet, done, out_of_time, nobody_settles };
    struct Limits {
        std::chrono::seconds whole;     ///< from stop() on
        std::chrono::seconds settling;  ///< without a task that runs, and without one outcome settled
    };

    explicit Drain(Limits limits) : limits_(limits) {}
    void begin(Time now) {
        began_ = moved_ = now;
        left_.reset();
    }
    [[nodiscard]] bool has_begun() const { return began_.has_value(); }

    /// `held`: tasks that have not ended; `unsettled`: outcomes that the ventilator has not settled.
    [[nodiscard]] End look(Time now, bool drained, std::size_t held, std::size_t unsettled) {
        if (!began_) { return End::not_yet; }
        if (drained) { return End::done; }
        if (held > 0 || left_ != unsettled) {
            left_ = unsettled;
            moved_ = now;
        }
        if (now - *began_ > limits_.whole) { return End::out_of_time; }
        return now - moved_ > limits_.settling ? End::nobody_settles : End::not_yet;
    }

private:
    Limits limits_;
    std::optional<Time> began_;
    Time moved_{};                     ///< when a task ended or an outcome was settled last
    std::optional<std::size_t> left_;  ///< outcomes that were unsettled then
};

}  // namespace nias::service
