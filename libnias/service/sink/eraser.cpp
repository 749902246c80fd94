#include "service/sink/eraser.hpp"

#include <chrono>

#include "base/log.hpp"
#include "wire/limits.hpp"

namespace nias::service {
namespace {

constexpr auto kLookEvery = std::chrono::seconds(1);

}  // namespace

Result<Eraser> Eraser::open(const std::string& data_dir) {
    auto logs = store::Logs::open(data_dir);
    if (!logs) { return logs.error(); }
    return Eraser(data_dir, std::move(*logs));
}

Result<wire::Erased> Eraser::erase_some(store::Results& results, Time at) {
    if (at - looked_ < kLookEvery) { return wire::Erased{}; }
    looked_ = at;
    if (!ledger_) {
        auto opened = store::ForgottenReader::open(data_dir_);
        if (!opened) {
            return wire::Erased{};
        }  // no ventilator has run here, or it is about to change the file
        ledger_.emplace(std::move(*opened));
    }
    auto gone = ledger_->to_erase(wire::kForgetMax);
    if (!gone) {
        log::warn("the ledger does not say which tasks are gone: " + gone.error().message);
        return wire::Erased{};
    }
    if (gone->empty()) { return wire::Erased{}; }
    if (auto erased = logs_.erase(*gone); !erased) {
        log::warn(erased.error().message);
        return wire::Erased{};
    }
    if (auto erased = results.erase(*gone); !erased) { return erased.error(); }
    return wire::Erased{std::move(*gone)};
}

}  // namespace nias::service
