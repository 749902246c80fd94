#include "accounts/throttle.hpp"

#include <algorithm>

namespace nias::httpfront {

std::optional<std::chrono::milliseconds> Throttle::take(const std::string& key, Time at) {
    const auto found = spent_until_.find(key);
    const Time spent = found == spent_until_.end() ? at : std::max(found->second, at);
    const Time allowed = spent - every_ * (burst_ - 1);
    if (allowed > at) { return std::chrono::ceil<std::chrono::milliseconds>(allowed - at); }
    if (found == spent_until_.end()) { make_room(at); }
    spent_until_[key] = spent + every_;
    return std::nullopt;
}

void Throttle::give_back(const std::string& key) {
    const auto found = spent_until_.find(key);
    if (found != spent_until_.end()) { found->second -= every_; }
}

void Throttle::make_room(Time at) {
    if (spent_until_.size() < kKeysMax) { return; }
    std::erase_if(spent_until_, [at](const auto& entry) { return entry.second <= at; });
    if (spent_until_.size() < kKeysMax) { return; }
    spent_until_.erase(std::min_element(spent_until_.begin(), spent_until_.end(),
                                        [](const auto& a, const auto& b) { return a.second < b.second; }));
}

}  // namespace nias::httpfront
