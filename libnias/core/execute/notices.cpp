// Lines for the log of a worker's machine.
#include <string>
#include <utility>

#include "core/execute/execute.hpp"
#include "core/execute/state.hpp"

namespace nias::core {

void Execute::State::note_welcome(const wire::Welcome& said, ExecuteEffects& out) {
    constexpr std::int64_t kClockOffMs = 2'000;  // less is the network's delay
    const bool first = !std::exchange(joined, true);
    if (std::exchange(silent, false)) {
        out.notices.push_back("the ventilator is back" +
                              (said.drop.empty() ? std::string()
                                                 : ": " + std::to_string(said.drop.size()) +
                                                       " attempts that were held are not wanted any more"));
    } else if (first) {
        out.notices.emplace_back("the ventilator has taken this worker in");
    }
    if (!said.text.empty()) { out.notices.push_back("the ventilator says: " + said.text); }
    const std::int64_t off = unix_ms - said.unix_ms;
    if (first && unix_ms != 0 && said.unix_ms != 0 && (off > kClockOffMs || off < -kClockOffMs)) {
        out.notices.push_back("this machine's clock is " + std::to_string((off < 0 ? -off : off) / 1'000) +
                              " s " + (off > 0 ? "ahead of" : "behind") +
                              " the server's: set it, with NTP for instance");
    }
}

}  // namespace nias::core
