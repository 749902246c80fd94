/// The changes that a step makes in the ledger. Neighbours that are alike are gathered into one run. Part of
/// the effects of dispatch; service/ventilator/journal writes it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nias/task.hpp>

#include "wire/messages.hpp"
#include "wire/runs.hpp"

namespace nias::core {

/// A change of where a living task stands. A *soft* one is for people: the shell may delay it, or leave it
/// out when the task has ended meanwhile. A hard one, such as a raised attempt, is durable before anything
/// leaves.
struct JournalState {
    TaskId id;
    TaskState state = TaskState::queued;
    Attempt attempt = 1;
    std::string worker;
    std::string reason;
    std::int64_t unix_ms = 0;
    bool soft = false;
    Attempt issued = 0;          ///< highest number given to a worker, where that is over `attempt`; or 0
    std::uint32_t failures = 0;  ///< outcomes `failed` after which it was queued again
    /// Numbers below `attempt` that were lost from sight and may be taken back, oldest first.
    std::vector<Attempt> open = {};
    bool operator==(const JournalState&) const = default;
};

/// An administrator's order about a worker; `resume` takes it back.
struct JournalOrder {
    std::string worker;
    wire::OrderKind kind = wire::OrderKind::pause;
    std::string reason;
    std::int64_t unix_ms = 0;
    bool operator==(const JournalOrder&) const = default;
};

/// The changes of one step. Whoever writes them keeps each task's order: its addition, its states, its end.
class Journal {
public:
    /// Tasks of one client that were accepted at once.
    struct Adds {
        wire::Run<Task> tasks;
        std::string client;
        std::int64_t unix_ms = 0;
    };
    /// Ends that differ only in id and output.
    struct Ends {
        TaskState state = TaskState::succeeded;
        Attempt attempt = 1;
        std::string reason;
        std::int64_t unix_ms = 0;
        wire::Run<Outcome> outcomes;  ///< each names its worker
    };

    /// Adds a task. `goes_on` says that it differs from the task added before it only in id and payload. The
    /// id, attempt and payload of `shared` are not read.
    void add(bool goes_on, const TaskId& id, std::span<const std::uint8_t> payload, const Task& shared,
             std::string_view client, std::int64_t unix_ms) {
        if (!goes_on || adds_.empty()) {
            Adds& adds = adds_.emplace_back(Adds{{shared, {}, {}}, std::string(client), unix_ms});
            adds.tasks.shared.id = {};
            adds.tasks.shared.attempt = 1;
            adds.tasks.shared.payload = {};
        }
        adds_.back().tasks.add(id, payload);
        ++size_;
    }
    void stand(JournalState state) {
        states_.push_back(std::move(state));
        ++size_;
    }
    void order(JournalOrder order) {
        orders_.push_back(std::move(order));
        ++size_;
    }
    /// An end as dispatch knows it. The id and the output of `outcome` are not read.
    struct End {
        TaskState state;
        Attempt attempt;
        std::string_view reason;
        std::int64_t unix_ms;
        const Outcome& outcome;
        std::span<const std::uint8_t> output;
    };
    /// Adds an end. `goes_on` says that it differs from the end before it only in id and output.
    void end(bool goes_on, const TaskId& id, const End& end) {
        if (!goes_on || ends_.empty()) {
            Ends& ends = ends_.emplace_back(
                Ends{end.state, end.attempt, std::string(end.reason), end.unix_ms, {end.outcome, {}, {}}});
            ends.outcomes.shared.id = {};
            ends.outcomes.shared.output = {};
        }
        ends_.back().outcomes.add(id, end.output);
        ++size_;
    }

    [[nodiscard]] const std::vector<Adds>& adds() const { return adds_; }
    [[nodiscard]] const std::vector<JournalState>& states() const { return states_; }
    [[nodiscard]] const std::vector<Ends>& ends() const { return ends_; }
    [[nodiscard]] const std::vector<JournalOrder>& orders() const { return orders_; }
    [[nodiscard]] std::size_t size() const { return size_; }  ///< number of changes
    [[nodiscard]] bool empty() const { return size_ == 0; }
    void clear() {
        adds_.clear();
        states_.clear();
        ends_.clear();
        orders_.clear();
        size_ = 0;
    }

private:
    std::vector<Adds> adds_;
    std::vector<JournalState> states_;
    std::vector<Ends> ends_;
    std::vector<JournalOrder> orders_;
    std::size_t size_ = 0;
};

}  // namespace nias::core
