/// The effects of a core one by one: what the cores keep as runs, given as the single tasks, ends and events
/// that tests ask about. For unit tests, fuzzers and the simulation.
#pragma once

#include "core/effects/effects.hpp"
#include "core/execute/execute.hpp"

namespace nias::test {

/// One task that the ledger is told of.
struct JournalAdd {
    Task task;
    std::string client;
    std::int64_t unix_ms = 0;
    bool operator==(const JournalAdd&) const = default;
};

/// The one end of a task, as the ledger is told of it.
struct JournalEnd {
    TaskId id;
    TaskState state = TaskState::succeeded;
    Attempt attempt = 1;
    std::string worker;
    std::string reason;
    std::int64_t unix_ms = 0;
    Outcome outcome;
    bool operator==(const JournalEnd&) const = default;
};

/// Calls `visit` with each entry on its own: a JournalAdd, a core::JournalState or a JournalEnd.
template <typename Visit>
void for_each_entry(const core::Journal& journal, Visit visit) {
    for (const core::Journal::Adds& adds : journal.adds()) {
        for (std::size_t i = 0; i < adds.tasks.size(); ++i) {
            visit(JournalAdd{adds.tasks.item(i), adds.client, adds.unix_ms});
        }
    }
    for (const core::JournalState& state : journal.states()) { visit(state); }
    for (const core::Journal::Ends& ends : journal.ends()) {
        for (std::size_t i = 0; i < ends.outcomes.size(); ++i) {
            visit(JournalEnd{ends.outcomes.ids[i], ends.state, ends.attempt, ends.outcomes.shared.worker,
                             ends.reason, ends.unix_ms, ends.outcomes.item(i)});
        }
    }
}

/// Calls `visit(client, event)` with each event on its own.
template <typename Visit>
void for_each_event(const core::EventBatch& batch, Visit visit) {
    batch.by_client([&](const std::string& client, const auto& standing, const auto& ended) {
        for (const wire::Standing* one : standing) {
            for (const TaskId& id : one->ids) { visit(client, one->event_of(id)); }
        }
        for (const wire::Run<wire::Event>* run : ended) {
            for (std::size_t i = 0; i < run->size(); ++i) { visit(client, run->item(i)); }
        }
    });
}

/// The message that the shell would send, with copies of the tasks that are still the core's.
inline wire::Tasks copy_of(const core::SendTasks& send) {
    wire::Tasks out{send.incarnation, send.sent_total, {}};
    for (const wire::TaskParts& parts : send.tasks) { out.tasks.push_back(parts.task()); }
    return out;
}

/// The message that the shell would send, with copies of the outcomes that are still the core's.
inline wire::OutcomeReport copy_of(const core::SendReport& send) {
    wire::OutcomeReport out{send.worker, {}};
    for (const wire::Run<Outcome>* run : send.outcomes) { out.outcomes.add(wire::Run<Outcome>(*run)); }
    return out;
}

}  // namespace nias::test
