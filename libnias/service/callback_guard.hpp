/// Calls a program's own code from a thread of ours: whatever that throws is caught, logged and remembered,
/// and how long it takes is known. Used by submitter and watcher; called by one thread, asked by any.
#pragma once

#include <cstdint>
#include <exception>
#include <mutex>
#include <string>
#include <string_view>

#include <nias/result.hpp>

#include "base/clock.hpp"

namespace nias::service {

class CallbackGuard {
public:
    /// `who`: names the caller in the log.
    explicit CallbackGuard(std::string who) : who_(std::move(who)) {}

    template <typename Call>
    void call(std::string_view name, Call&& callback) noexcept {
        try {
            callback();
        } catch (const std::exception& thrown) { threw(name, thrown.what()); } catch (...) {
            return threw(name, "something that is no std::exception");
        }
    }
    /// Callbacks run between these two.
    void begin(Time now);
    void end(Time now);

    /// How long callbacks have been running, or ran last if that ended after `since`; zero: neither.
    [[nodiscard]] Duration ran(Time since, Time now) const;
    /// `internal`, with the callback, its words and how many there were; good while none has thrown.
    [[nodiscard]] Status status() const;

private:
    void threw(std::string_view name, std::string_view words) noexcept;

    std::string who_;
    mutable std::mutex mutex_;  // guards all below
    Time began_{};              ///< zero: none runs
    Time ended_{};
    Duration took_{};  ///< the callbacks that ended at ended_
    std::uint64_t thrown_ = 0;
    std::string last_;
    Time logged_{};
};

}  // namespace nias::service
