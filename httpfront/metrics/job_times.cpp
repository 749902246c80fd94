#include "metrics/job_times.hpp"

#include <algorithm>

#include "base/ids.hpp"

namespace nias::httpfront {
namespace {

using std::chrono::milliseconds;

// A program may choose ids that are no times; no job of a lab waits for a year.
constexpr milliseconds kWaitMost = std::chrono::hours(24 * 365);

}  // namespace

JobTimes times_of(const TaskEvent& event) {
    JobTimes times{.state = event.state};
    if (!event.outcome || event.outcome->started_unix_ms == 0) { return times; }
    const Outcome& outcome = *event.outcome;
    const milliseconds waited(outcome.started_unix_ms - made_unix_ms(event.id));
    if (waited < kWaitMost && waited > -kWaitMost) { times.waited = std::max(waited, milliseconds(0)); }
    times.ran = std::max(milliseconds(outcome.ended_unix_ms - outcome.started_unix_ms), milliseconds(0));
    if (event.unix_ms != 0) {
        times.settled = std::max(milliseconds(event.unix_ms - outcome.ended_unix_ms), milliseconds(0));
    }
    return times;
}

}  // namespace nias::httpfront
