#include "live/machine_roll.hpp"

namespace nias::httpfront {

Result<service::Roll> MachineRoll::at(Time now) {
    const std::lock_guard lock(mutex_);
    if (!kept_ || now - kept_at_ >= kFreshFor) {
        kept_ = ask_();
        kept_at_ = now;
    }
    return *kept_;
}

void MachineRoll::forget() {
    const std::lock_guard lock(mutex_);
    kept_.reset();
}

}  // namespace nias::httpfront
