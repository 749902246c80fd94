// The sink of the simulated world: it commits what came, and passes it on.
#include <utility>

#include "world.hpp"

namespace nias::sim {

void World::sink_tick() {
    if (!sink_up_ || settle_.empty() || clock_ < sink_stands_until_) { return; }
    if (settle_.to_commit().empty()) { throw Broken("a sink with reports has nothing to commit"); }
    const bool fails = faulty() && random_.chance(weather_.crash_in_step);
    if (fails || clock_ < results_full_until_) {
        settle_.failed();
        return;
    }
    const std::int64_t takes_ms = commit_takes_ms(results_slow_until_);
    if (takes_ms == 0) { return settle_round(); }
    sink_stands_until_ = clock_ + takes_ms;
    after(takes_ms, [this, life = sink_life_] {
        if (sink_up_ && sink_life_ == life) { settle_round(); }
    });
}

void World::to_sink(const wire::OutcomeReport& report) {
    if (!sink_up_) { return; }
    if (clock_ < sink_stands_until_) {
        after(sink_stands_until_ - clock_, [this, report, life = sink_life_] {
            if (sink_life_ == life) { to_sink(report); }
        });
        return;
    }
    if (!settle_.full()) { settle_.on(report); }
}

void World::settle_round() {
    for (wire::Outcomes& outcomes : settle_.committed()) {
        if (!sink_speaks_) { continue; }
        carry("outcomes", false, [this, outcomes = std::move(outcomes)] {
            ventilator(
                [=, this](core::Dispatch& core, core::Effects& out) { core.on(outcomes, when(), out); });
        });
    }
}

}  // namespace nias::sim
