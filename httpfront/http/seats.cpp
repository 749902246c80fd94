#include "http/seats.hpp"

namespace nias::httpfront {

std::optional<Seats::Full> Seats::full_for(const std::string& address) const {
    const std::lock_guard lock(taken_->mutex);
    const auto found = taken_->addresses.find(address);
    if (!address.empty() && found != taken_->addresses.end() && found->second >= bounds_.of_an_address) {
        return Full::for_the_address;
    }
    if (taken_->all >= bounds_.all) { return Full::everywhere; }
    return std::nullopt;
}

Seats::Seat Seats::give(const std::string& address) {
    {
        const std::lock_guard lock(taken_->mutex);
        ++taken_->all;
        ++taken_->addresses[address];
    }
    const auto give_back = [taken = taken_, address](const void*) {
        const std::lock_guard lock(taken->mutex);
        --taken->all;
        const auto found = taken->addresses.find(address);
        if (--found->second == 0) { taken->addresses.erase(found); }
    };
    return {taken_.get(), give_back};
}

}  // namespace nias::httpfront
