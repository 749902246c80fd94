#include "base/clock.hpp"

#include <ctime>

namespace nias {

Time now() { return std::chrono::steady_clock::now(); }

// The coarse clock: a few milliseconds behind at most, for a tenth of the cost. It is for people (A10).
std::int64_t unix_ms_now() {
    std::timespec time{};
    ::clock_gettime(CLOCK_REALTIME_COARSE, &time);
    return std::int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000;
}

}  // namespace nias
