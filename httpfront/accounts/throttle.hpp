/// Slows repeated tries, such as wrong passwords, down by key: a burst is free, further tries come at a
/// steady pace, and nobody is ever locked out. Pure: the time is an argument. Used by the directory of
/// accounts; one thread at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock_types.hpp"

namespace nias::httpfront {

class Throttle {
public:
    static constexpr std::size_t kKeysMax = 10'000;  ///< past it the key that waits least is forgotten

    Throttle(unsigned burst, std::chrono::milliseconds every) : burst_(burst), every_(every) {}

    /// Counts a try. nullopt: it may be made; otherwise how long to wait first, and nothing was counted.
    [[nodiscard]] std::optional<std::chrono::milliseconds> take(const std::string& key, Time at);
    /// The last try that was taken succeeded, or was none: it costs nothing.
    void give_back(const std::string& key);
    [[nodiscard]] std::size_t size() const { return spent_until_.size(); }

private:
    void make_room(Time at);

    unsigned burst_;
    std::chrono::milliseconds every_;
    /// When the tries of a key will all be paid for (the generic cell rate algorithm). A time in the past
    /// says the same as no entry.
    std::unordered_map<std::string, Time> spent_until_;
};

}  // namespace nias::httpfront
