#include "base/clock.hpp"

#include <ctime>

namespace nias {

Time now() { return std::chrono::steady_clock::now(); }

std::int64_t unix_ms_now() {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
}

std::int64_t unix_ms_about() {
    std::timespec time{};
    ::clock_gettime(CLOCK_REALTIME_COARSE, &time);
    return std::int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000;
}

}  // namespace nias
