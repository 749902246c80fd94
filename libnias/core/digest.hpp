/// A number for a set of attempts, the same in whatever order they are named.
/// Used by both cores of the control link: a worker's Beat shows the ventilator whether they agree.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <nias/task.hpp>

namespace nias::core {

/// Well-mixed 64 bits of one attempt (the finalizer of MurmurHash3).
[[nodiscard]] inline std::uint64_t mixed(const AttemptRef& attempt) noexcept {
    const auto [high, low] = attempt.id.halves();
    std::uint64_t x = low ^ (high * 0x9e3779b97f4a7c15ULL) ^ (std::uint64_t{attempt.attempt} << 32U);
    x = (x ^ (x >> 33U)) * 0xff51afd7ed558ccdULL;
    x = (x ^ (x >> 33U)) * 0xc4ceb9fe1a85ec53ULL;
    return x ^ (x >> 33U);
}

/// A digest that is kept up to date one attempt at a time. It is a sum, so that order does not matter.
class AttemptDigest {
public:
    void add(const AttemptRef& attempt) noexcept {
        value_ += mixed(attempt);
        ++count_;
    }
    void remove(const AttemptRef& attempt) noexcept {
        value_ -= mixed(attempt);
        --count_;
    }
    [[nodiscard]] std::uint64_t value() const noexcept { return value_; }
    [[nodiscard]] std::size_t count() const noexcept { return count_; }

private:
    std::uint64_t value_ = 0;
    std::size_t count_ = 0;
};

/// Beat.digest of these attempts.
[[nodiscard]] inline std::uint64_t attempts_digest(const std::vector<AttemptRef>& attempts) noexcept {
    AttemptDigest digest;
    for (const auto& attempt : attempts) { digest.add(attempt); }
    return digest.value();
}

/// Gives attempts of tasks that were made one after the other neighbouring hashes: see TaggedTable::tag_of().
struct AttemptHash {
    std::size_t operator()(const AttemptRef& attempt) const noexcept {
        return std::hash<TaskId>{}(attempt.id) + (std::uint64_t{attempt.attempt} << 48U);
    }
};

}  // namespace nias::core
