/// What a core may ask of its shell. The shell commits the journal entries of a step first and lets the
/// sends and publications leave only after the commit has returned (architecture, durability).
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/clock_types.hpp"
#include "core/containers/told.hpp"
#include "wire/messages.hpp"

namespace nias::core {

/// Ledger: a task that was accepted.
struct JournalAdd {
    Task task;
    std::string client;
    std::int64_t unix_ms = 0;
    bool operator==(const JournalAdd&) const = default;
};

/// Ledger: where a living task stands. `soft`: for people; the shell may delay it, or leave it out when
/// the task has ended meanwhile. A hard one (a raised attempt) is durable before anything leaves.
struct JournalState {
    TaskId id;
    TaskState state = TaskState::queued;
    Attempt attempt = 1;
    std::string worker;
    std::string reason;
    std::int64_t unix_ms = 0;
    bool soft = false;
    bool operator==(const JournalState&) const = default;
};

/// Ledger: the task's one end.
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

using Journal = std::variant<JournalAdd, JournalState, JournalEnd>;

/// A message for one peer: a worker's connection at the ventilator; elsewhere the only peer there is.
struct Send {
    std::string peer;
    wire::Message message;
    bool operator==(const Send&) const = default;
};

/// Tasks for a worker, behind all else of the step. They stay the core's: the shell encodes or copies them
/// before the core's next step.
struct SendTasks {
    std::string peer;
    std::uint64_t incarnation = 0;
    std::uint64_t sent_total = 0;
    std::vector<wire::TaskParts> tasks;
    [[nodiscard]] wire::Tasks copied() const {
        wire::Tasks out{incarnation, sent_total, {}};
        for (const wire::TaskParts& parts : tasks) { out.tasks.push_back(parts.task()); }
        return out;
    }
};

/// The effects of a step, in order within each kind.
struct Effects {
    std::vector<Journal> journal;
    std::vector<Send> sends;
    std::vector<SendTasks> tasks;
    Told told;                         ///< for those who watch a client's tasks
    std::vector<std::string> notices;  ///< lines for the administrator's log
    [[nodiscard]] bool empty() const {
        return journal.empty() && sends.empty() && tasks.empty() && told.empty() && notices.empty();
    }
    void clear() {
        journal.clear();
        sends.clear();
        tasks.clear();
        told.clear();
        notices.clear();
    }
};

}  // namespace nias::core
