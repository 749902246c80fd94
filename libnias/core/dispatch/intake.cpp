#include <algorithm>
#include <utility>

#include "core/dispatch/state.hpp"
#include "wire/task_rules.hpp"
#include "wire/weight.hpp"

namespace nias::core {
namespace {

constexpr std::size_t kAhead = 8;  // how many items ahead of its use memory is prefetched

/// Why one task of a run is refused, while the others may be accepted.
std::string fault_of(const TaskId& id, std::size_t payload_bytes, const Task& shared) {
    if (id == TaskId{}) { return "the task has no id"; }
    if (std::string fault = wire::fault_of_member(id, shared); !fault.empty()) { return fault; }
    return "the payload has " + std::to_string(payload_bytes) + " bytes; past " + std::to_string(kInlineMax) +
           " send it as a blob";
}
/// Whether fault_of() has words, which are costly to make. `grouped` says that the run is of a group.
bool has_fault(const TaskId& id, std::size_t payload_bytes, bool grouped, const Task& shared) {
    return id == TaskId{} || payload_bytes > kInlineMax ||
           (grouped && !wire::fault_of_member(id, shared).empty());
}

constexpr std::string_view kConflict =
    "another task with this id is queued or runs, with another payload, owner or spec: draw an id of its own";

/// Whether a task that was submitted again is the one that is here. `kind` is the kind of the submitted run,
/// and null where no living task is of that kind.
bool is_same(const Work& work, const Kinds::Kind* kind, const Task& shared,
             std::span<const std::uint8_t> payload) {
    const auto kept = work.payload.bytes();
    if (!std::equal(kept.begin(), kept.end(), payload.begin(), payload.end())) { return false; }
    if (work.kind == kind) { return true; }
    Task given = shared;
    given.attempt = work.kind->shared.attempt;  // it is the ventilator's own
    given.request = work.kind->shared.request;  // a repeat may be another request
    return wire::alike(work.kind->shared, given);
}

wire::Event unknown(const TaskId& id, When when) {
    return {id,
            wire::EventKind::rejected,
            TaskState::queued,
            0,
            when.unix_ms,
            "the ventilator knows no such task",
            std::nullopt,
            {},
            wire::EventCode::unknown};
}

/// Why one task is not accepted.
struct Rejection {
    wire::EventCode code;
    std::string_view text;
};
void reject(const std::string& client, const TaskId& id, const Rejection& why, When when, Effects& out) {
    out.events.stands(
        client, id, {wire::EventKind::rejected, TaskState::queued, 0, when.unix_ms, why.text, {}, why.code});
}

/// Tells a client that the task is accepted: the task's own client, or one that submits it again.
template <typename Client>
void accept(const Work& work, const Client& client, When when, Effects& out) {
    out.events.stands(client, work.id,
                      {wire::EventKind::accepted, work.state, work.attempt, when.unix_ms, {}, work.group()});
}

}  // namespace

bool Dispatch::State::is_full(const std::string& owner) const {
    if (queue.size() >= options.max_queued) { return true; }
    return options.max_queued_per_owner > 0 && queue.queued_of(owner) >= options.max_queued_per_owner;
}

std::string Dispatch::State::words_of_full(const std::string& owner) const {
    if (queue.size() >= options.max_queued) {
        return std::to_string(queue.size()) + " tasks are waiting, as many as are taken; try later";
    }
    return std::to_string(queue.queued_of(owner)) + " tasks of " + owner +
           " are waiting, an owner's share of the queue; try later";
}

// A program of MATLAB holds one of the lab's `matlab_seats` where the lab counts them, and so with every
// runtime: nobody has to know of licences to be within them.
std::optional<wire::Run<Task>> Dispatch::State::seated(const wire::Run<Task>& run) const {
    const TaskSpec& spec = run.shared.spec;
    if (spec.runtime.empty() || pool.all().empty() || spec.resources.counted.size() >= kCountedMax) {
        return std::nullopt;
    }
    const std::string seats = std::string(first_runtime(spec.runtime)) + "_seats";
    const auto& asked = spec.resources.counted;
    const bool named = std::any_of(asked.begin(), asked.end(),
                                   [&](const CountedResource& one) { return one.name == seats; });
    if (named || pool.count_of(seats).total == 0) { return std::nullopt; }
    std::vector<CountedResource> all(asked.begin(), asked.end());
    all.push_back({seats, 1});
    wire::Run<Task> out = run;
    out.shared.spec.resources.counted = CountedResources(std::move(all));
    return out;
}

void Dispatch::State::submit(const std::string& client, const wire::Run<Task>& run, When when, Effects& out) {
    Kinds::Kind* kind = kinds.find(run.shared);  // the kind of the tasks that are accepted
    const std::string fault = kind != nullptr ? std::string() : wire::fault_of(run.shared);
    Clients::Client* own = nullptr;
    bool kept = false;  // a task of this run is in the journal
    const bool grouped = run.shared.group != TaskId{};
    for (std::size_t i = 0; i < run.size(); ++i) {
        if (i + kAhead < run.size()) { works.expect(run.ids[i + kAhead]); }
        const TaskId& id = run.ids[i];
        const auto payload = run.carried_of(i);
        if (id <= newest) {  // a greater id was never accepted
            if (const auto end = ended.find(id)) {
                out.events.ended_before(client, *end);
                continue;
            }
        }
        const auto [place, is_new] = works.try_emplace(id);
        Work& work = *place;
        if (!is_new) {
            if (is_same(work, kind, run.shared, payload)) {
                hand_over(work, client);
                accept(work, client, when, out);
            } else {
                reject(client, id, {wire::EventCode::conflict, kConflict}, when, out);
            }
            continue;
        }
        if (const bool wrong = has_fault(id, payload.size(), grouped, run.shared);
            !fault.empty() || wrong || is_full(run.shared.owner)) {
            works.erase(id);
            const bool full = fault.empty() && !wrong;
            const std::string words = !fault.empty() ? fault
                                      : wrong        ? fault_of(id, payload.size(), run.shared)
                                                     : words_of_full(run.shared.owner);
            reject(client, id, {full ? wire::EventCode::queue_full : wire::EventCode::invalid, words}, when,
                   out);
            continue;
        }
        work.payload.fill(payload);
        work.kind = kind = kind == nullptr ? kinds.join(run.shared) : Kinds::join(*kind);
        work.client = own = own == nullptr ? clients.join(client) : Clients::join(*own);
        newest = std::max(newest, id);
        work.order = next_order++;
        if (options.journals) {
            out.journal.add(std::exchange(kept, true), id, payload, run.shared, client, when.unix_ms);
        }
        accept(work, *work.client, when, out);
        follow(work, "accepted", out);
        queue.push(work);
    }
}

// A task that is submitted again is found again by a program that was restarted: its client hears the end as
// it comes. The client before is gone, or learns of the end by asking.
void Dispatch::State::hand_over(Work& work, const std::string& client) {
    if (work.client->name == client) { return; }
    Clients::Client* const before = std::exchange(work.client, clients.join(client));
    clients.leave(*before);
}

void Dispatch::on(const wire::Submit& submit, When when, Effects& out) {
    for (const wire::Run<Task>& run : submit.tasks.runs()) {
        const auto seated = state_->seated(run);
        state_->submit(submit.client, seated ? *seated : run, when, out);
    }
}

void Dispatch::refuse(const std::string& client, const std::vector<TaskId>& ids, wire::EventCode code,
                      std::string_view why, When when, Effects& out) {
    for (const TaskId& id : ids) { reject(client, id, {code, why}, when, out); }
}

void Dispatch::on(const wire::Cancel& cancel, When when, Effects& out) {
    for (const TaskId& id : cancel.ids) {
        if (Work* work = state_->works.find(id)) { state_->cancel(*work, when, out); }
    }
    for (const TaskId& group : cancel.groups) { state_->cancel_group(group, when, out); }
}

// Looks at every living task, which takes some milliseconds where there are a million. So it does that only
// for a group that has tasks here.
void Dispatch::State::cancel_group(const TaskId& group, When when, Effects& out) {
    if (group == TaskId{} || !kinds.has_group(group)) { return; }
    std::vector<TaskId> members;
    works.for_each([&](const TaskId& id, const Work& work) {
        if (work.group() == group) { members.push_back(id); }
    });
    std::sort(members.begin(), members.end());
    for (const TaskId& id : members) { cancel(*works.find(id), when, out); }
}

bool Dispatch::State::is_current(const Work* work, Attempt attempt, const WorkerLink* reporter) {
    if (work == nullptr || work->attempt != attempt) { return false; }
    return work->machine != nullptr ? work->machine == reporter : work->lane == nullptr || work->unsure;
}

void Dispatch::on(wire::Outcomes outcomes, When when, Effects& out) {
    WorkerLink* reporter = state_->machines.by_name(outcomes.worker);
    wire::Settled settled;
    settled.attempts.reserve(outcomes.outcomes.size());
    outcomes.outcomes.change_shared([&](Outcome& shared) {
        if (shared.worker.empty()) { shared.worker = outcomes.worker; }
    });
    for (const wire::Run<Outcome>& run : outcomes.outcomes.runs()) {
        ++state_->answered_runs;
        for (std::size_t i = 0; i < run.size(); ++i) {
            if (i + 2 * kAhead < run.size()) { state_->works.expect(run.ids[i + 2 * kAhead]); }
            if (i + kAhead < run.size()) { state_->works.expect_value(run.ids[i + kAhead]); }
            const AttemptRef attempt{run.ids[i], run.shared.attempt};
            Work* work = state_->works.find(attempt.id);
            if (work != nullptr && work->is_open(attempt.attempt)) {
                // A later attempt is with another worker and has not begun: this one is repeated until it is
                // known which of them counts.
                if (work->state == TaskState::assigned) { continue; }
                if (work->state == TaskState::queued) { State::reinstate(*work, attempt.attempt); }
            }
            settled.attempts.push_back(attempt);
            if (State::is_current(work, attempt.attempt, reporter)) {
                state_->conclude(*work, {run.shared, run.carried_of(i), state_->answered_runs}, when, out);
            } else {
                ++state_->fenced;
            }
        }
    }
    // A worker that has not said hello repeats its outcomes until it has.
    if (reporter == nullptr || settled.attempts.empty()) { return; }
    reporter->traffic = true;
    out.sends.push_back({reporter->peer, std::move(settled)});
}

void Dispatch::on(const std::string& peer, const wire::Sync& sync, When when, Effects& out) {
    wire::Events answer;
    std::size_t bytes = 0;
    const auto send = [&] {
        if (!answer.events.empty()) { out.sends.push_back({peer, std::move(answer)}); }
        answer = {};
        bytes = 0;
    };
    for (const TaskId& id : sync.ids) {
        if (const Work* work = state_->works.find(id)) {
            answer.events.push_back(
                {id, wire::EventKind::state, work->state, work->attempt, when.unix_ms,
                 work->machine == nullptr ? std::string(work->history()) : work->machine->name, std::nullopt,
                 work->group()});
        } else if (auto told = state_->ended.find(id)) {
            answer.events.push_back(*told);
        } else {
            answer.events.push_back(unknown(id, when));
        }
        bytes += wire::weight(answer.events.back());
        if (bytes >= wire::kBatchBytesTarget || answer.events.size() >= wire::kBatchItemsMax) { send(); }
    }
    send();
}

}  // namespace nias::core
