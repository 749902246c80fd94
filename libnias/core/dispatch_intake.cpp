#include <algorithm>

#include "core/dispatch_state.hpp"
#include "wire/weight.hpp"

namespace nias::core {
namespace {

constexpr std::uint32_t kAttemptsMax = 100;
constexpr std::size_t kAhead = 4;  // items of a batch by which memory is called for before its use

/// Why a task cannot be taken; empty: it can.
std::string fault_of(const Task& task) {
    if (task.id == TaskId{}) { return "the task has no id"; }
    if (task.owner.empty()) { return "the task has no owner"; }
    if (task.owner.size() > wire::kOwnerBytesMax) {
        return "the owner's name is longer than " + std::to_string(wire::kOwnerBytesMax) + " bytes";
    }
    if (task.payload.size() > kInlineMax) {
        return "the payload has " + std::to_string(task.payload.size()) + " bytes; past " +
               std::to_string(kInlineMax) + " send it as a blob";
    }
    if (task.spec.name.size() > wire::kNameBytesMax || task.spec.runtime.size() > wire::kNameBytesMax) {
        return "the name or the runtime is longer than " + std::to_string(wire::kNameBytesMax) + " bytes";
    }
    if (task.spec.max_attempts == 0 || task.spec.max_attempts > kAttemptsMax) {
        return "max_attempts is " + std::to_string(task.spec.max_attempts) + "; it may be 1 to " +
               std::to_string(kAttemptsMax);
    }
    const Status counted = check(task.spec.resources.counted);
    return counted ? std::string() : counted.error().message;
}

wire::Event unknown(const TaskId& id, When when) {
    return {id, wire::EventKind::rejected, TaskState::queued, 0, when.unix_ms, "unknown task", std::nullopt};
}

void reject(const std::string& client, const TaskId& id, std::string_view reason, When when, Effects& out) {
    out.told.stands(client, id, {wire::EventKind::rejected, TaskState::queued, 0, when.unix_ms, reason});
}

void accept(const std::string& client, const Work& work, When when, Effects& out) {
    out.told.stands(client, work.task.id,
                    {wire::EventKind::accepted, work.state, work.task.attempt, when.unix_ms, {}});
}

}  // namespace

void Dispatch::State::submit(const std::string& client, Task&& task, When when, Effects& out) {
    if (ended.contains(task.id)) {
        out.told.ends(client) = *ended.find(task.id);
        return;
    }
    const auto [place, is_new] = works.try_emplace(task.id);
    if (!is_new) { return accept(client, *place, when, out); }
    std::string fault = fault_of(task);
    if (fault.empty() && queue.size() >= options.max_queued) {
        fault = "queue_full: " + std::to_string(queue.size()) +
                " tasks are waiting, as many as are taken; try later";
    }
    if (fault.empty() && options.max_queued_per_owner > 0) {
        const std::uint64_t waiting = queue.queued_of(task.owner);
        if (waiting >= options.max_queued_per_owner) {
            fault = "queue_full: " + std::to_string(waiting) + " tasks of " + task.owner +
                    " are waiting, an owner's share of the queue; try later";
        }
    }
    if (!fault.empty()) {
        works.erase(task.id);
        return reject(client, task.id, fault, when, out);
    }
    task.attempt = 1;
    Work& work = *place;
    work.task = std::move(task);
    work.client = clients.join(client);
    work.order = next_order++;
    if (options.journals) { out.journal.emplace_back(JournalAdd{work.task, client, when.unix_ms}); }
    accept(client, work, when, out);
    queue.push(work);
}

void Dispatch::on(wire::Submit submit, When when, Effects& out) {
    for (std::size_t i = 0; i < submit.tasks.size(); ++i) {
        if (i + kAhead < submit.tasks.size()) {
            const TaskId& soon = submit.tasks[i + kAhead].id;
            state_->works.expect(soon);
            state_->ended.expect(soon, 0);
        }
        Task& task = submit.tasks[i];
        state_->submit(submit.client, std::move(task), when, out);
    }
}

void Dispatch::on(const wire::Cancel& cancel, When when, Effects& out) {
    for (const TaskId& id : cancel.ids) {
        if (Work* work = state_->works.find(id)) { state_->cancel(*work, when, out); }
    }
}

void Dispatch::on(wire::Outcomes outcomes, When when, Effects& out) {
    Machine* reporter = state_->machines.by_name(outcomes.worker);
    wire::Settled settled;
    settled.attempts.reserve(outcomes.outcomes.size());
    const auto& all = outcomes.outcomes;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (i + 2 * kAhead < all.size()) { state_->works.expect(all[i + 2 * kAhead].id); }
        if (i + kAhead < all.size()) {
            state_->works.expect_value(all[i + kAhead].id);
            state_->ended.expect(all[i + kAhead].id, kAhead);
        }
        Outcome& outcome = outcomes.outcomes[i];
        settled.attempts.push_back({outcome.id, outcome.attempt});
        Work* work = state_->works.find(outcome.id);
        bool current = work != nullptr && work->task.attempt == outcome.attempt;
        if (current) {
            current =
                work->machine != nullptr ? work->machine == reporter : work->lane == nullptr || work->unsure;
        }
        if (current) {
            if (outcome.worker.empty()) { outcome.worker = outcomes.worker; }
            state_->settle(*work, std::move(outcome), when, out);
        } else {
            ++state_->fenced;
        }
    }
    if (reporter == nullptr || settled.attempts.empty()) { return; }  // the worker repeats until it is known
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
                {id, wire::EventKind::state, work->state, work->task.attempt, when.unix_ms,
                 work->machine == nullptr ? std::string(work->history()) : work->machine->name,
                 std::nullopt});
        } else if (auto told = state_->ended.find(id)) {
            answer.events.push_back(std::move(*told));
        } else {
            answer.events.push_back(unknown(id, when));
        }
        bytes += wire::weight(answer.events.back());
        if (bytes >= wire::kBatchBytesTarget || answer.events.size() >= wire::kBatchItemsMax) { send(); }
    }
    send();
}

}  // namespace nias::core
