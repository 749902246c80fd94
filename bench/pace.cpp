#include "bench/pace.hpp"

#include <thread>

namespace nias::bench {

void let_pass_until(std::chrono::steady_clock::time_point when) { std::this_thread::sleep_until(when); }

}  // namespace nias::bench
