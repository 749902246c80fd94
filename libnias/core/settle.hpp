/// The sink's brain: an outcome is passed on only once it is durable, and every repeat is passed on again
/// (the ventilator answers each with Settled). Pure. Owned by service/sink's loop thread.
#pragma once

#include <string_view>
#include <vector>

#include "wire/messages.hpp"

namespace nias::core {

class Settle {
public:
    /// Adds a report. The shell stops reading at full(), which bounds the outcomes between two commits.
    void on(wire::OutcomeReport report);
    [[nodiscard]] bool full() const;
    [[nodiscard]] bool empty() const { return waiting_.empty(); }
    /// A run of outcomes and its worker. Both belong to the core, until its next step.
    struct Reported {
        const wire::Run<Outcome>* outcomes;
        std::string_view worker;
    };
    /// The outcomes that the shell commits to the results, as one transaction.
    [[nodiscard]] std::vector<Reported> to_commit() const;
    /// The outcomes are durable. Returns a message for the ventilator for each worker, or more where long.
    [[nodiscard]] std::vector<wire::Outcomes> committed();
    /// The commit failed. Nothing is passed on, and the workers repeat their reports.
    void failed() {
        waiting_.clear();
        items_ = 0;
    }

private:
    std::vector<wire::OutcomeReport> waiting_;
    std::size_t items_ = 0;
};

}  // namespace nias::core
