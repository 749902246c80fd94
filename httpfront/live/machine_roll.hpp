/// The machines as the ventilator lists them, asked for at most twice a second however many pages look at
/// them. Used by the handlers of machines and by the sampler of the queue. A resource; any thread.
#pragma once

#include <functional>
#include <mutex>
#include <optional>

#include "base/clock.hpp"
#include "service/questions.hpp"

namespace nias::httpfront {

class MachineRoll {
public:
    using Ask = std::function<Result<service::Roll>()>;
    static constexpr std::chrono::milliseconds kFreshFor{500};

    /// `ask` puts the question to the ventilator, and blocks until it has answered or gives up.
    explicit MachineRoll(Ask ask) : ask_(std::move(ask)) {}

    /// The list, no older than kFreshFor. Those who ask while another waits for the answer get the same one,
    /// and so the same error where the ventilator is silent.
    [[nodiscard]] Result<service::Roll> at(Time now);
    /// The next who asks is told how the machines stand after a change.
    void forget();

private:
    Ask ask_;
    std::mutex mutex_;
    std::optional<Result<service::Roll>> kept_;  // under mutex_, as the rest
    Time kept_at_{};
};

}  // namespace nias::httpfront
