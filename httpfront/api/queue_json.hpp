/// The queue as the API shows it: its numbers, their history, and who waits. Pure.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "live/queue_curve.hpp"
#include "store/ledger/ledger.hpp"

namespace nias::httpfront {

[[nodiscard]] std::string queue_json(const store::QueueCounts& counts);
/// {step_s, at_s, total, ready, unacknowledged}: lists of one length, oldest first.
[[nodiscard]] std::string history_json(Span span, const std::deque<QueueSample>& samples);

/// The jobs that wait, as one who asks may know them.
struct Waiting {
    std::vector<std::string> jobs;  ///< one's own, as job_json() made them, the first in line first
    std::uint64_t own = 0;          ///< tasks of one's own, each member of an array, also past `jobs`
    std::uint64_t more = 0;         ///< jobs of one's own past those of `jobs`
    std::uint64_t others = 0;       ///< tasks of others
};
[[nodiscard]] std::string waiting_json(const Waiting& waiting);

}  // namespace nias::httpfront
