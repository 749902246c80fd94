#include "live/waiting_walk.hpp"

#include <algorithm>

namespace nias::httpfront {
namespace {

constexpr Duration kWholeEvery = std::chrono::seconds(60);
constexpr int kRestPerWhole = 50;  // whole searches take at most this part of the time

}  // namespace

void WaitingWalk::walked(const TaskId& from, Time begun, Time ended,
                         const std::optional<store::WaitingTask>& found) {
    if (from == TaskId{}) { whole_at_ = ended + std::max(kWholeEvery, kRestPerWhole * (ended - begun)); }
    if (found) {
        from_ = found->id;
    } else if (from != TaskId{}) {
        whole_at_ = ended;  // what waits was made before it
    }
}

}  // namespace nias::httpfront
