// Workers that come back with an attempt after a later one was given out, to a ventilator that was started
// again meanwhile.
#include <algorithm>
#include <utility>

#include "world.hpp"

namespace nias::sim {
namespace {

constexpr std::int64_t kCutOffBy = 15'000;  // milliseconds from the start, when the last worker is cut off
constexpr std::int64_t kBackBy = 55'000;    // longer than the longest lease after that

}  // namespace

// Windows are larger than what runs, so that a later attempt waits for a while before it begins.
void World::draw_claims() {
    has_claims_ = true;
    weather_.faults_until_ms = std::max(weather_.faults_until_ms, kBackBy);
    for (WorkerNode& node : workers_) {
        node.options.window += static_cast<std::uint32_t>(claim_random_.between(4, 24));
    }
}

void World::plan_claims() {
    if (!has_claims_) { return; }
    const std::int64_t cuts = claim_random_.between(1, static_cast<std::int64_t>(machines_) - 1);
    for (std::int64_t i = 0; i < cuts; ++i) {
        const std::int64_t index = claim_random_.between(0, static_cast<std::int64_t>(machines_) - 1);
        after(claim_random_.between(500, kCutOffBy),
              [this, index] { lose_from_sight(static_cast<std::size_t>(index)); });
    }
    after(kBackBy, [this] { come_back(); });
}

/// Nobody hears this worker, which goes on with what it has.
void World::lose_from_sight(std::size_t index) {
    WorkerNode& node = workers_[index];
    node.hears = node.speaks = node.reports = false;
    unseen_.push_back(index);
}

void World::come_back() {
    for (const std::size_t index : std::exchange(unseen_, {})) {
        WorkerNode& node = workers_[index];
        node.hears = node.speaks = node.reports = true;
    }
}

// From here on, until the later attempt begins, the worker of the earlier one may come back with it: to this
// ventilator, or to the next.
void World::restart_in_claim(const Row& row) {
    if (unseen_.empty() || row.state != TaskState::assigned || row.lost.empty()) { return; }
    if (!claim_random_.chance(0.5)) { return; }
    const std::int64_t down_ms = claim_random_.between(1, 1'000);
    after(claim_random_.between(0, 1'000), [this, down_ms] { crash_ventilator(down_ms); });
    after(claim_random_.between(0, 1'500), [this] { come_back(); });
}

}  // namespace nias::sim
