/// The effects that a core asks of its shell. The shell commits the journal entries of a step first and lets
/// the sends and publications leave only after the commit has returned (architecture, durability).
#pragma once

#include <string>
#include <vector>

#include "base/clock_types.hpp"
#include "core/effects/event_batch.hpp"
#include "core/effects/journal.hpp"
#include "wire/messages.hpp"

namespace nias::core {

/// A message for one peer: a worker's connection at the ventilator; elsewhere the only peer there is.
struct Send {
    std::string peer;
    wire::Message message;
    bool operator==(const Send&) const = default;
};

/// Tasks for a worker, sent after everything else of the step. They belong to the core, so the shell encodes
/// or copies them before the core's next step.
struct SendTasks {
    std::string peer;
    std::uint64_t incarnation = 0;
    std::uint64_t sent_total = 0;
    std::vector<wire::TaskParts> tasks;
};

/// The effects of a step, in order within each kind.
struct Effects {
    Journal journal;
    std::vector<Send> sends;
    std::vector<SendTasks> tasks;
    EventBatch events;                       ///< published to the watchers of a client
    std::vector<wire::WorkerEvent> workers;  ///< logged, and published
    std::vector<std::string> notices;        ///< lines for the administrator's log
    std::vector<std::string> followed;       ///< lines about tasks that name their request
    [[nodiscard]] bool empty() const {
        return journal.empty() && sends.empty() && tasks.empty() && events.empty() && workers.empty() &&
               notices.empty() && followed.empty();
    }
    void clear() {
        journal.clear();
        sends.clear();
        tasks.clear();
        events.clear();
        workers.clear();
        notices.clear();
        followed.clear();
    }
};

}  // namespace nias::core
