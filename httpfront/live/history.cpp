#include "live/history.hpp"

#include "base/numbers.hpp"

namespace nias::httpfront {

void History::add(const TaskId& job) {
    ++seq_;
    jobs_.push_back(job);
    if (jobs_.size() > kMost) { jobs_.pop_front(); }
}

std::optional<std::set<TaskId>> History::since(std::string_view event_id) const {
    if (!event_id.starts_with(prefix_)) { return std::nullopt; }
    const std::uint64_t seen = whole_number<std::uint64_t>(event_id.substr(prefix_.size())).value_or(0);
    const std::uint64_t oldest = seq_ - jobs_.size() + 1;
    if (seen == 0 || seen > seq_ || seen + 1 < oldest) { return std::nullopt; }
    return std::set<TaskId>(jobs_.begin() + static_cast<std::ptrdiff_t>(seen + 1 - oldest), jobs_.end());
}

}  // namespace nias::httpfront
