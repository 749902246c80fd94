/// The sink's brain: an outcome is passed on only once it is durable, and every repeat is passed on again
/// (the ventilator answers each with Settled). Pure. Owned by service/sink's loop thread.
#pragma once

#include <string_view>
#include <vector>

#include "wire/messages.hpp"

namespace nias::core {

class Settle {
public:
    /// Reports since the last flush. Bounded by kBatchItemsMax a flush: the shell stops reading at full().
    void on(wire::OutcomeReport report);
    [[nodiscard]] bool full() const;
    [[nodiscard]] bool empty() const { return waiting_.empty(); }
    /// Outcomes that are alike, and whose they are. They stay the core's until its next step.
    struct Reported {
        const wire::Run<Outcome>* outcomes;
        std::string_view worker;
    };
    /// The outcomes that the shell commits to the results, as one transaction.
    [[nodiscard]] std::vector<Reported> to_commit() const;
    /// After the commit: one Outcomes a worker, for the ventilator.
    [[nodiscard]] std::vector<wire::Outcomes> committed();
    /// The commit failed: nothing is passed on; workers will repeat.
    void failed() {
        waiting_.clear();
        items_ = 0;
    }

private:
    std::vector<wire::OutcomeReport> waiting_;
    std::size_t items_ = 0;
};

}  // namespace nias::core
