// What the ventilator keeps and looks up: the ledger's side of a round.
#include "base/log.hpp"
#include "service/ventilator_impl.hpp"

namespace nias {
inline namespace v1 {
namespace {

// A state for people is written once it has lasted.
constexpr auto kSoftAfter = std::chrono::milliseconds(200);

store::TaskChange change_of(const core::JournalState& state) {
    return {.id = state.id,
            .state = state.state,
            .attempt = state.attempt,
            .worker = state.worker,
            .reason = state.reason,
            .unix_ms = state.unix_ms};
}
}  // namespace

Status Ventilator::Impl::recover() {
    if (!ledger_) { return {}; }
    auto alive = ledger_->alive();
    if (!alive) { return alive.error(); }
    std::vector<core::Recovered> tasks;
    tasks.reserve(alive->size());
    for (auto& record : *alive) {
        tasks.push_back({.task = std::move(record.task),
                         .client = std::move(record.client),
                         .state = record.state,
                         .worker = std::move(record.worker),
                         .reason = std::move(record.reason)});
    }
    if (!tasks.empty()) {
        log::info("ledger: " + std::to_string(tasks.size()) + " living tasks taken up again");
    }
    core_.recover(std::move(tasks), when());
    return {};
}

// The core forgets ended tasks after a while; the ledger does not. A repeat of an old id is told its end.
Status Ventilator::Impl::on_submit(wire::Submit submit) {
    if (ledger_) {
        // One transaction for what is looked up and for what is added: each of its own takes the file's
        // locks.
        if (auto begun = ledger_->begin(); !begun) { return begun; }
        std::vector<Task> fresh;
        fresh.reserve(submit.tasks.size());
        for (Task& task : submit.tasks) {
            if (!core_.knows(task.id)) {
                auto record = ledger_->find(task.id);
                if (!record) { return record.error(); }
                if (*record && has_ended((*record)->state)) {
                    effects_.events.push_back({submit.client,
                                               {.id = task.id,
                                                .kind = wire::EventKind::ended,
                                                .state = (*record)->state,
                                                .attempt = (*record)->task.attempt,
                                                .unix_ms = (*record)->ended_unix_ms,
                                                .text = (*record)->reason,
                                                .outcome = (*record)->outcome}});
                    continue;
                }
            }
            fresh.push_back(std::move(task));
        }
        submit.tasks = std::move(fresh);
    }
    if (!submit.tasks.empty()) { core_.on(std::move(submit), when(), effects_); }
    return {};
}

Status Ventilator::Impl::on_sync(const std::string& peer, wire::Sync sync) {
    if (ledger_) {
        wire::Events answer{.epoch = epoch_, .first_seq = 0, .events = {}, .accepted = {}};
        std::vector<TaskId> rest;
        for (const TaskId& id : sync.ids) {
            if (core_.knows(id)) {
                rest.push_back(id);
                continue;
            }
            auto record = ledger_->find(id);
            if (!record) { return record.error(); }
            if (!*record) {
                rest.push_back(id);
                continue;
            }
            answer.events.push_back(
                {.id = id,
                 .kind = has_ended((*record)->state) ? wire::EventKind::ended : wire::EventKind::state,
                 .state = (*record)->state,
                 .attempt = (*record)->task.attempt,
                 .unix_ms = (*record)->ended_unix_ms,
                 .text = (*record)->reason,
                 .outcome = (*record)->outcome});
            if (answer.events.size() >= 16) {  // outcomes may carry 64 KiB each
                effects_.sends.push_back({peer, std::move(answer)});
                answer = {.epoch = epoch_, .first_seq = 0, .events = {}, .accepted = {}};
            }
        }
        if (!answer.events.empty()) { effects_.sends.push_back({peer, std::move(answer)}); }
        sync.ids = std::move(rest);
    }
    if (!sync.ids.empty()) { core_.on(peer, sync, when(), effects_); }
    return {};
}

Status Ventilator::Impl::journal(core::JournalAdd&& add) {
    store::TaskRecord record;
    record.task = std::move(add.task);
    record.client = std::move(add.client);
    record.submitted_unix_ms = add.unix_ms;
    return ledger_->add(record);
}

Status Ventilator::Impl::journal(core::JournalEnd&& end) {
    return ledger_->end({.id = end.id,
                         .state = end.state,
                         .attempt = end.attempt,
                         .worker = std::move(end.worker),
                         .reason = std::move(end.reason),
                         .unix_ms = end.unix_ms},
                        std::move(end.outcome));
}

// Most tasks of a busy pipeline end before anybody could look: where they stood meanwhile is never written.
void Ventilator::Impl::note_soft(const core::JournalState& state) {
    const auto [place, is_new] = soft_.insert_or_assign(state.id, state);
    if (is_new) { soft_order_.emplace_back(now(), place->first); }
}

Status Ventilator::Impl::commit() {
    if (!ledger_) { return {}; }
    for (core::Journal& entry : effects_.journal) {
        if (const auto* state = std::get_if<core::JournalState>(&entry); state && state->soft) {
            note_soft(*state);
            continue;
        }
        if (auto begun = ledger_->begin(); !begun) { return begun; }
        Status written;
        if (auto* add = std::get_if<core::JournalAdd>(&entry)) { written = journal(std::move(*add)); }
        if (const auto* state = std::get_if<core::JournalState>(&entry)) {
            soft_.erase(state->id);
            written = ledger_->change(change_of(*state));
        }
        if (auto* end = std::get_if<core::JournalEnd>(&entry)) {
            soft_.erase(end->id);
            written = journal(std::move(*end));
        }
        if (!written) { return written; }
    }
    for (const Time time = now();
         !soft_order_.empty() && (time - soft_order_.front().first >= kSoftAfter || stop_.load());
         soft_order_.pop_front()) {
        const auto place = soft_.find(soft_order_.front().second);
        if (place == soft_.end()) { continue; }  // it has ended, or was written
        if (auto begun = ledger_->begin(); !begun) { return begun; }
        if (auto written = ledger_->change(change_of(place->second)); !written) { return written; }
        soft_.erase(place);
    }
    return ledger_->commit();
}

}  // namespace v1
}  // namespace nias
