// Which tasks would leave the queue next, if workers asked again and again: nothing is removed or charged.
#include <algorithm>
#include <vector>

#include "core/dispatch/policy/fair_queue.hpp"

namespace nias::core {
namespace {

constexpr std::size_t kOwnersLooked = 64;

/// One owner's turn as the look goes through its lanes.
struct Turn {
    const Owner* owner = nullptr;
    double usage = 0;
    std::vector<const Work*> heads;  ///< next task of each lane that fits, the most urgent lane first

    /// The most urgent task, and of equally urgent ones the oldest; moves past it.
    const Work* next() {
        const auto rank = [](const Work* work) { return work->lane->key.rank; };
        auto best = heads.begin();
        for (auto it = heads.begin(); it != heads.end() && rank(*it) == rank(*best); ++it) {
            if ((*it)->order < (*best)->order) { best = it; }
        }
        const Work* const work = *best;
        if (work->next == nullptr) {
            heads.erase(best);
        } else {
            *best = work->next;
        }
        return work;
    }
};

}  // namespace

std::vector<const Work*> FairQueue::upcoming(std::size_t most, const Fits& fits) const {
    std::vector<Turn> turns;
    for (const Owner* owner : turns_) {
        if (turns.size() >= std::min(most, kOwnersLooked)) { break; }
        Turn turn{owner, owner->usage, {}};
        std::size_t looked = 0;
        for (const auto& [key, lane] : owner->lanes) {
            if (lane.works.empty()) { continue; }
            if (++looked > kLanesLooked) { break; }
            if (fits(key.shape)) { turn.heads.push_back(lane.works.front()); }
        }
        if (!turn.heads.empty()) { turns.push_back(std::move(turn)); }
    }
    std::vector<const Work*> out;
    while (out.size() < most && !turns.empty()) {
        // Between equal usages the first in the list was served longest ago, as in `turns_`.
        const auto turn = std::min_element(turns.begin(), turns.end(),
                                           [](const Turn& a, const Turn& b) { return a.usage < b.usage; });
        const Work* const work = turn->next();
        out.push_back(work);
        Turn served = std::move(*turn);
        turns.erase(turn);
        const double cpus = std::max(work->spec().resources.cpus, 1U);
        served.usage += served.owner->expected_s * cpus * weight_;
        if (!served.heads.empty()) { turns.push_back(std::move(served)); }
    }
    return out;
}

}  // namespace nias::core
