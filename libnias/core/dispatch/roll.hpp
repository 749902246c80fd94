/// The workers that are gone or were refused, as far as they are remembered, and words about workers for
/// people. Part of dispatch.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "wire/messages.hpp"

namespace nias::core {

class Roll {
public:
    static constexpr std::size_t kGoneMax = 1'000;

    /// One row a name, or a name and address where it was refused; the oldest is forgotten past kGoneMax.
    void add(wire::WorkerRow row);
    /// Forgets a worker that is connected again. Returns how it was gone; `ready` where it was not.
    wire::WorkerState remove(const std::string& name);
    /// Notes that the key of a worker that is gone was revoked. Null where no such worker is remembered.
    const wire::WorkerRow* revoke(const std::string& name, const std::string& why, std::int64_t unix_ms);
    /// Whether this worker was refused at this address after that time.
    [[nodiscard]] bool refused_after(const wire::WorkerRow& row, std::int64_t unix_ms) const;
    /// Whether a worker of this name is remembered as gone.
    [[nodiscard]] bool knows(const std::string& name) const;
    [[nodiscard]] const std::deque<wire::WorkerRow>& all() const { return gone_; }

private:
    std::deque<wire::WorkerRow> gone_;
};

/// "2026-11-23 14:05:11 UTC".
[[nodiscard]] std::string utc_text(std::int64_t unix_ms);
/// "85 s", "12 min", "3 h": whole units, rounded down.
[[nodiscard]] std::string span_text(std::uint64_t seconds);

}  // namespace nias::core
