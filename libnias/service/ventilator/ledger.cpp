// The ledger's side of a round: what the ventilator keeps, and looks up.
#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/host/threads.hpp"
#include "base/log.hpp"
#include "service/ventilator/impl.hpp"

namespace nias {
inline namespace v1 {
namespace {

// A state for people is written once it has lasted.
constexpr auto kSoftAfter = std::chrono::milliseconds(200);

/// How long an attempt has run by the wall clock. One that was set meanwhile makes a lease longer or shorter,
/// within its bounds, and nothing else.
std::uint32_t ran_s(std::int64_t started_unix_ms, std::int64_t unix_ms) {
    constexpr std::int64_t kWeekMs = 7LL * 24 * 3'600 * 1'000;
    if (started_unix_ms == 0 || unix_ms <= started_unix_ms) { return 0; }
    return static_cast<std::uint32_t>(std::min(unix_ms - started_unix_ms, kWeekMs) / 1'000);
}

}  // namespace

wire::Event Ventilator::Impl::event_of(store::TaskRecord& record) {
    return {.id = record.task.id,
            .kind = has_ended(record.state) ? wire::EventKind::ended : wire::EventKind::state,
            .state = record.state,
            .attempt = record.task.attempt,
            .unix_ms = record.ended_unix_ms,
            .text = std::move(record.reason),
            .outcome = std::move(record.outcome),
            .group = record.task.group};
}

Status Ventilator::Impl::recover(store::Ledger ledger) {
    const std::int64_t unix_ms = unix_ms_now();
    auto read = ledger.each_alive([&](store::TaskRecord record) {
        core_.recover({.task = std::move(record.task),
                       .client = std::move(record.client),
                       .state = record.state,
                       .worker = std::move(record.worker),
                       .reason = std::move(record.reason),
                       .issued = record.issued,
                       .ran_s = ran_s(record.started_unix_ms, unix_ms),
                       .failures = record.failures,
                       .open = std::move(record.open)},
                      when());
    });
    if (!read) { return read.error(); }
    const auto orders = ledger.orders();
    if (!orders) { return orders.error(); }
    for (const store::WorkerOrder& order : *orders) {
        core_.recover({order.worker, order.kind, order.reason, order.unix_ms});
    }
    if (core_.alive() > 0) {
        log::info("ledger: " + std::to_string(core_.alive()) + " living tasks taken up again");
    }
    auto committed = store::LedgerReader::open(options_.data_dir);
    if (!committed) { return committed.error(); }
    committed_.emplace(std::move(*committed));
    newest_ = ledger.newest();
    if (auto opened = open_forgotten(); !opened) { return opened; }
    const auto started = with_threads("the ventilator's journal", [&] {
        journal_.emplace(std::move(ledger), waker_);
        return true;
    });
    return started ? Status() : Status(started.error());
}

// A task that the core does not know was committed long ago, if it ever was.
Result<std::optional<store::TaskRecord>> Ventilator::Impl::look_up(const TaskId& id) {
    if (!journal_ || newest_ < id || core_.knows(id)) { return std::optional<store::TaskRecord>(); }
    return read_committed(id);
}

// All look-ups of a round are one transaction, because each of its own would take the file's locks.
Result<std::optional<store::TaskRecord>> Ventilator::Impl::read_committed(const TaskId& id) {
    if (!looks_up_) {
        if (auto begun = committed_->begin(); !begun) { return begun.error(); }
        looks_up_ = true;
    }
    return committed_->find(id);
}

// The core forgets ended tasks after a while; the ledger does not. A repeat of an old id is told its end.
void Ventilator::Impl::on_submit(wire::Submit submit) {
    std::unordered_set<TaskId> known;
    std::vector<TaskId> gone;
    for (const wire::Run<Task>& run : submit.tasks.runs()) {
        if (!journal_) { break; }
        for (const TaskId& id : run.ids) {
            if (is_gone(id)) {
                gone.push_back(id);
                known.insert(id);
                continue;
            }
            auto found = look_up(id);
            if (!found) { return fail(found.error()); }
            if (!*found || !has_ended((*found)->state)) { continue; }
            effects_.events.ended_before(submit.client, event_of(**found));
            known.insert(id);
        }
    }
    if (!gone.empty()) {
        core_.refuse(submit.client, gone, wire::EventCode::conflict,
                     "a task with this id was deleted: draw an id of its own", when(), effects_);
    }
    if (!known.empty()) {
        wire::Runs<Task> fresh;
        for (const Task& task : std::exchange(submit.tasks, {})) {
            if (!known.contains(task.id)) { fresh.push_back(task); }
        }
        submit.tasks = std::move(fresh);
    }
    if (!submit.tasks.empty()) { core_.on(submit, when(), effects_); }
}

void Ventilator::Impl::on_sync(const std::string& peer, wire::Sync sync) {
    wire::Events answer;
    std::erase_if(sync.ids, [&](const TaskId& id) {
        if (is_gone(id)) {
            answer.events.push_back({.id = id,
                                     .kind = wire::EventKind::rejected,
                                     .text = "the task was deleted",
                                     .outcome = std::nullopt,
                                     .code = wire::EventCode::unknown});
            return true;
        }
        auto found = look_up(id);
        if (!found) { fail(found.error()); }
        if (!found || !*found) { return false; }
        answer.events.push_back(event_of(**found));
        if (answer.events.size() >= 16) {  // outcomes may carry 64 KiB each
            effects_.sends.push_back({peer, std::exchange(answer, {})});
        }
        return true;
    });
    if (!answer.events.empty()) { effects_.sends.push_back({peer, std::move(answer)}); }
    if (!sync.ids.empty()) { core_.on(peer, sync, when(), effects_); }
}

// The ledger answers for a group, whose rows it finds by themselves. Without one it would have to read every
// task that ever was: then those that live are listed, as the core knows them.
void Ventilator::Impl::on_query_tasks(const std::string& peer, const wire::QueryTasks& query) {
    if (!journal_ || query.group == TaskId{} || query.alive) {
        return core_.on(peer, query, when(), effects_);
    }
    auto rows =
        committed_->list({.owner = query.owner.empty() ? std::nullopt : std::optional(query.owner),
                          .before = query.before == TaskId{} ? std::nullopt : std::optional(query.before),
                          .limit = wire::kTaskRowsMax + 1,
                          .group = query.group});
    if (!rows) { return fail(rows.error()); }
    wire::TaskList answer{query.number, {}, rows->size() > wire::kTaskRowsMax};
    if (answer.more) { rows->pop_back(); }
    for (store::TaskRecord& record : *rows) {
        if (auto living = core_.row_of(record.task.id)) {
            answer.tasks.push_back(std::move(*living));
            continue;
        }
        answer.tasks.push_back({.id = record.task.id,
                                .state = record.state,
                                .attempt = record.task.attempt,
                                .group = record.task.group,
                                .group_size = record.task.group_size,
                                .owner = std::move(record.task.owner),
                                .name = std::move(record.task.spec.name),
                                .text = std::move(record.reason),
                                .ended_unix_ms = record.ended_unix_ms,
                                .failures = record.failures});
    }
    effects_.sends.push_back({peer, std::move(answer)});
}

// Most tasks of a busy pipeline end before anybody could look: where they stood meanwhile is never written.
service::Journal::Batch Ventilator::Impl::drain_journal() {
    if (std::exchange(looks_up_, false)) { fail(committed_->end()); }
    // Whole, for its entries are large: those that may wait are passed over by whoever writes it.
    auto batch = std::exchange(effects_.journal, journal_->spare());
    const Time time = now();
    for (const core::JournalState& state : batch.states()) {
        if (state.soft) { soft_.push_back({time, state.id, state.state, state.attempt, state.unix_ms}); }
    }
    for (const service::Journal::Batch::Adds& adds : batch.adds()) {
        for (const TaskId& id : adds.tasks.ids) { newest_ = std::max(newest_, id); }
    }
    for (; !soft_.empty() && (time - soft_.front().at >= kSoftAfter || stop_.load()); soft_.pop_front()) {
        const Noted& noted = soft_.front();
        auto lasting = core_.standing(noted.id, noted.state, noted.attempt);
        if (!lasting) { continue; }
        lasting->unix_ms = noted.unix_ms;
        batch.stand(std::move(*lasting));
    }
    return batch;
}

}  // namespace v1
}  // namespace nias
