#include "checkers.hpp"

#include <algorithm>
#include <sstream>

#include "core/task_machine.hpp"

namespace nias::sim {
namespace {

[[noreturn]] void broken(const TaskId& id, const std::string& what) {
    std::string name;
    for (const auto byte : id.bytes) { name += std::to_string(byte) + "."; }
    throw Broken("task " + name + ": " + what);
}

bool is_current(const Rows& rows, const Task& task) {
    const auto it = rows.find(task.id);
    return it != rows.end() && !has_ended(it->second.state) && it->second.task.attempt == task.attempt;
}

}  // namespace

void Checkers::accepted_is_kept(const Rows& rows, const TaskId& id) {
    if (!rows.contains(id)) { broken(id, "told as accepted, and not in the ledger"); }
}

void Checkers::one_outcome(const Row& before, const Row& after) {
    if (has_ended(before.state) && !(before == after)) { broken(before.task.id, "its end changed"); }
    if (after.issued < before.issued) { broken(before.task.id, "a number that was given away is forgotten"); }
    if (after.failures < before.failures) { broken(before.task.id, "a failure was forgotten"); }
    if (after.task.attempt < before.begun) {
        broken(before.task.id, "an earlier attempt took the place of one that had begun");
    }
}

void Checkers::counts_faults_only(const Row& before, const Row& after) const {
    constexpr std::uint64_t kLeaseS = 15;
    std::istringstream lines(after.reason);
    for (std::string line; std::getline(lines, line);) {
        if (before.reason.find(line) != std::string::npos || !line.starts_with("attempt ")) { continue; }
        const auto says = [&line](const char* words) { return line.find(words) != std::string::npos; };
        if (says("was stopped") || says("was revoked")) {
            broken(after.task.id, "an orderly end was counted: " + line);
        }
        const auto number = static_cast<Attempt>(std::stoul(line.substr(std::string("attempt ").size())));
        const bool is_silence = says("was silent for ") || says("did not come back");
        // An outcome that came after all is the attempt's own word.
        const bool is_outcome = produced_.contains({after.task.id, number});
        if (cut_short_.contains({after.task.id, number}) && !is_silence && !is_outcome) {
            broken(after.task.id, "an attempt that a stop cut short was counted: " + line);
        }
        const std::size_t silent = line.find("was silent for ");
        if (silent == std::string::npos) { continue; }
        const auto seconds = std::stoull(line.substr(silent + std::string("was silent for ").size()));
        const bool ran = before.state == TaskState::running && before.task.attempt == number;
        if (seconds < (ran ? 2 * kLeaseS : kLeaseS)) {
            broken(after.task.id, "it was given up before its lease was over: " + line);
        }
    }
}

// A task with counted resources may have lost its seat meanwhile, and one that is cancelled needs no attempt.
void Checkers::nothing_is_thrown_away(const Rows& rows, const wire::Welcome& welcome) const {
    for (const AttemptRef& dropped : welcome.drop) {
        const auto it = rows.find(dropped.id);
        if (it == rows.end() || !it->second.task.spec.resources.counted.empty()) { continue; }
        if (cancelled_.contains(dropped.id)) { continue; }
        if (it->second.state == TaskState::queued && it->second.task.attempt == dropped.attempt) {
            broken(dropped.id, "an attempt was dropped, and its task waits to begin anew");
        }
        if (may_be_taken_back(it->second, dropped.attempt)) {
            broken(dropped.id,
                   "attempt " + std::to_string(dropped.attempt) + " was dropped, and no later one has begun");
        }
    }
}

// Two machines with one key each hold attempts that the other one's Hello does not name.
bool Checkers::may_be_taken_back(const Row& row, Attempt earlier) const {
    constexpr std::size_t kRemembered = 8;
    const bool was_lost = row.lost.contains(earlier) && earlier < row.task.attempt;
    if (has_clone_ || has_ended(row.state) || !was_lost) { return false; }
    if (row.lost.size() > kRemembered) { return false; }
    for (Attempt number = 1; number <= row.issued; ++number) {
        const AttemptRef attempt{row.task.id, number};
        if (number > earlier && began_.contains(attempt)) { return false; }
        if (number != earlier && produced_.contains(attempt)) { return false; }
    }
    // An outcome after which its task is tried again may have been settled.
    const auto own = produced_.find({row.task.id, earlier});
    return own == produced_.end() ||
           std::none_of(own->second.begin(), own->second.end(), [](const Outcome& outcome) {
               return outcome.status == OutcomeStatus::failed ||
                      outcome.status == OutcomeStatus::could_not_run;
           });
}

void Checkers::welcomed(std::uint64_t incarnation) const {
    if (ordered_ && revoked_.contains(incarnation)) { throw Broken("a revoked worker was taken in again"); }
}

void Checkers::told_is_durable(const Rows& rows, const wire::Event& event) {
    const auto it = rows.find(event.id);
    if (it == rows.end()) { broken(event.id, "its end was told, and it is not in the ledger"); }
    const Row& row = it->second;
    if (row.state != event.state) { broken(event.id, "told another end than the ledger's"); }
    if (!event.outcome || !(*event.outcome == row.outcome)) { broken(event.id, "told another outcome"); }
}

void Checkers::attempt_rises(const Rows& rows, const Task& task) {
    Attempt& last = sent_[task.id];
    if (task.attempt <= last) {
        broken(task.id, "attempt " + std::to_string(task.attempt) + " was sent twice");
    }
    last = task.attempt;
    const auto it = rows.find(task.id);
    if (it == rows.end() || it->second.issued < task.attempt) {
        broken(task.id, "attempt " + std::to_string(task.attempt) + " was sent before it was durable");
    }
}

void Checkers::is_not_cancelled(const Task& task) const {
    if (cancelled_.contains(task.id)) {
        broken(task.id, "attempt " + std::to_string(task.attempt) + " was given out after it was cancelled");
    }
}

void Checkers::is_not_held_back(const Task& task, std::int64_t now_ms) const {
    const auto held = held_back_.find(task.id);
    if (held != held_back_.end() && now_ms < held->second.until_ms) {
        broken(task.id, "attempt " + std::to_string(task.attempt) + " was given out before its time");
    }
}

void Checkers::attempt_runs_once(const AttemptRef& attempt) {
    if (!ran_.insert(attempt).second && ordered_) {
        broken(attempt.id, "attempt " + std::to_string(attempt.attempt) + " ran twice");
    }
}

// Without order a Retract may pass the Tasks that it speaks of: the answer is «not here», and then it comes.
void Checkers::given_back(const AttemptRef& attempt, std::uint64_t by) {
    given_back_[attempt] = by;
    const auto began = began_.find(attempt);
    if (ordered_ && began != began_.end() && began->second == by) {
        broken(attempt.id, "was given back after its program began");
    }
}

void Checkers::begins(const AttemptRef& attempt, std::uint64_t by) {
    began_[attempt] = by;
    const auto gone = given_back_.find(attempt);
    if (ordered_ && gone != given_back_.end() && gone->second == by) {
        broken(attempt.id, "began after it was given back");
    }
}

void Checkers::counted_within(const Rows& rows, const std::vector<const Task*>& running,
                              const std::vector<CountedResource>& lab) const {
    if (!ordered_) { return; }
    for (const auto& [name, total] : lab) {
        std::uint64_t used = 0;
        for (const Task* task : running) {
            if (!is_current(rows, *task)) { continue; }
            // An attempt that was lost from sight keeps its number in the queue, and no seat. One whose row
            // never said that a worker had it was given a seat that a restart would not know of.
            const Row& row = rows.at(task->id);
            if (row.state == TaskState::queued && row.given == task->attempt) { continue; }
            for (const CountedResource& held : task->spec.resources.counted) {
                used += held.name == name ? held.amount : 0;
            }
        }
        if (used > total) {
            throw Broken(std::to_string(used) + " of " + std::to_string(total) + " " + name + " are in use");
        }
    }
}

void Checkers::lane_within(const Rows& rows, const std::vector<const Task*>& running,
                           const core::ShortLane& lane, std::uint32_t slots) const {
    if (!ordered_) { return; }
    const auto is_long = [&](const Task* task) {
        return is_current(rows, *task) && lane.is_long(task->spec);
    };
    const auto longs = std::count_if(running.begin(), running.end(), is_long);
    if (longs > static_cast<std::ptrdiff_t>(lane.long_slots(slots))) {
        throw Broken(std::to_string(longs) + " long tasks run on " + std::to_string(slots) + " slots");
    }
}

void Checkers::produced(const Outcome& outcome) {
    produced_[{outcome.id, outcome.attempt}].push_back(outcome);
}

void Checkers::failed_as_often_as_asked(const Row& row, bool may_be_cancelled) const {
    const std::uint32_t most = row.task.spec.max_failures;
    if (row.failures > most) { broken(row.task.id, "it was tried again more often than it asked for"); }
    if (row.state == TaskState::failed && row.failures < most && !may_be_cancelled) {
        broken(row.task.id, "it failed for good with tries left: " + row.reason);
    }
    std::uint32_t failed = 0;  // attempts
    for (Attempt attempt = 1; attempt <= row.issued; ++attempt) {
        const auto all = produced_.find({row.task.id, attempt});
        if (all == produced_.end()) { continue; }
        failed += std::any_of(all->second.begin(), all->second.end(),
                              [](const Outcome& one) { return one.status == OutcomeStatus::failed; })
                      ? 1U
                      : 0U;
    }
    if (row.failures + (row.state == TaskState::failed ? 1U : 0U) > failed) {
        broken(row.task.id, "a failure was counted that nobody produced");
    }
}

void Checkers::ends_as_produced(const Row& row, bool may_be_cancelled) {
    failed_as_often_as_asked(row, may_be_cancelled);
    if (row.state == TaskState::lost) {
        const auto lines = 1 + std::count(row.reason.begin(), row.reason.end(), '\n') - row.failures;
        if (lines < static_cast<std::ptrdiff_t>(row.task.spec.max_attempts)) {
            broken(row.task.id, "lost with attempts left: " + row.reason);
        }
        return;
    }
    if (row.state == TaskState::cancelled) { return; }  // may end without an attempt
    const auto it = produced_.find({row.task.id, row.task.attempt});
    if (it == produced_.end()) { broken(row.task.id, "ended by an outcome that nobody produced"); }
    const auto& all = it->second;
    if (std::find(all.begin(), all.end(), row.outcome) == all.end()) {
        broken(row.task.id, "ended by a changed outcome");
    }
    if (core::next(TaskState::running, core::event_of(row.outcome.status)) != row.state) {
        broken(row.task.id, "its state is not its outcome's");
    }
}

}  // namespace nias::sim
