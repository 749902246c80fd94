/// Erases what the sink keeps of tasks that are gone: outcomes and logs. Which tasks those are is read from
/// the ledger beside the results. Used by service/sink's loop thread.
#pragma once

#include <optional>
#include <string>

#include "base/clock.hpp"
#include "store/forgotten/forgotten.hpp"
#include "store/logs/logs.hpp"
#include "store/results/results.hpp"
#include "wire/messages.hpp"

namespace nias::service {

class Eraser {
public:
    static Result<Eraser> open(const std::string& data_dir);
    /// Erases some of what waits, at most once a second, and gives the word of it for the ventilator; no ids:
    /// nothing waited. A task is named again until the ventilator has noted it. An error of the results store
    /// is one; what the ledger or a log does not give today is asked for again.
    [[nodiscard]] Result<wire::Erased> erase_some(store::Results& results, Time at);

private:
    Eraser(std::string data_dir, store::Logs logs) : data_dir_(std::move(data_dir)), logs_(std::move(logs)) {}
    std::string data_dir_;
    store::Logs logs_;
    std::optional<store::ForgottenReader> ledger_;  ///< opened once there is one
    Time looked_{};
};

}  // namespace nias::service
