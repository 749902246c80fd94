#include "core/dispatch/policy/counted_pool.hpp"

#include "base/check.hpp"

namespace nias::core {

CountedPool::CountedPool(const std::vector<CountedResource>& lab) {
    for (const CountedResource& resource : lab) { counts_[resource.name].total += resource.amount; }
}

CountedPool::Count CountedPool::count_of(const std::string& name) const {
    const auto it = counts_.find(name);
    return it == counts_.end() ? Count{} : it->second;
}

bool CountedPool::fits(const CountedResources& asked) const {
    for (const CountedResource& resource : asked) {
        const Count count = count_of(resource.name);
        if (count.used + count.kept + resource.amount > count.total) { return false; }
    }
    return true;
}

bool CountedPool::has(const CountedResources& asked) const {
    for (const CountedResource& resource : asked) {
        if (resource.amount > count_of(resource.name).total) { return false; }
    }
    return true;
}

void CountedPool::hold(const CountedResources& asked) {
    for (const CountedResource& resource : asked) { counts_[resource.name].used += resource.amount; }
}

void CountedPool::release(const CountedResources& asked) {
    for (const CountedResource& resource : asked) {
        const auto it = counts_.find(resource.name);
        NIAS_CHECK(it != counts_.end() && it->second.used >= resource.amount, "what is released was held");
        it->second.used -= resource.amount;
        if (it->second == Count{}) { counts_.erase(it); }
    }
}

void CountedPool::keep(const CountedResources& asked) {
    for (const CountedResource& resource : asked) {
        counts_[resource.name].kept += resource.amount;
        keeps_ = true;
    }
}

void CountedPool::keep_nothing() {
    for (auto& [name, count] : counts_) { count.kept = 0; }
    keeps_ = false;
}

}  // namespace nias::core
