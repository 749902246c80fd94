#include "base/clock.hpp"

namespace nias {

Time now() { return std::chrono::steady_clock::now(); }

std::int64_t unix_ms_now() {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
}

}  // namespace nias
