// Answers administrators: how the workers stand, and which are given tasks.
#include <algorithm>
#include <utility>

#include "core/dispatch/state.hpp"

namespace nias::core {
namespace {

constexpr std::size_t kRowBytes = 128;  // numbers of a row and the lengths of its texts

std::size_t bytes_of(const wire::WorkerRow& row) {
    std::size_t bytes = kRowBytes + row.name.size() + row.host.size() + row.reason.size() +
                        row.software.size() + row.address.size();
    for (const std::string& runtime : row.runtimes) { bytes += runtime.size() + 5; }
    for (const std::string& label : row.labels) { bytes += label.size() + 5; }
    return bytes;
}

}  // namespace

void Dispatch::on(const std::string& peer, const wire::QueryWorkers& query, When when, Effects& out) const {
    const auto& all = state_->machines.all();
    const std::size_t total = all.size() + (query.all ? state_->roll.all().size() : 0);
    wire::Workers answer{static_cast<std::uint32_t>(total), {}, when.unix_ms};
    std::size_t bytes = 0;
    const auto add = [&](wire::WorkerRow row) {
        bytes += bytes_of(row);
        answer.workers.push_back(std::move(row));
        if (bytes < wire::kBatchBytesTarget && answer.workers.size() < wire::kBatchItemsMax) { return; }
        out.sends.push_back({peer, std::exchange(answer, {answer.total, {}, when.unix_ms})});
        bytes = 0;
    };
    for (const WorkerLink* machine : all) { add(state_->row_of(*machine, when.now)); }
    if (query.all) {
        for (const wire::WorkerRow& row : state_->roll.all()) { add(row); }
    }
    if (!answer.workers.empty() || total == 0) { out.sends.push_back({peer, std::move(answer)}); }
}

void Dispatch::recover(const JournalOrder& order) {
    // One ventilator accepts no more orders than fit, so the ledger has no more.
    static_cast<void>(state_->machines.order(order));
}

/// Lets a worker be given tasks again. `answer` says what it was, or why nothing was changed.
void Dispatch::State::resume(wire::Ordered& answer, When when, Effects& out) {
    const JournalOrder* const order = machines.order_of(answer.worker);
    const auto fault = machines.resume(answer.worker);
    if (order == nullptr && !fault) {
        answer.text = machines.by_name(answer.worker) != nullptr
                          ? "it is not paused"
                          : "no worker of that name is connected or paused";
        return;
    }
    answer.done = true;
    answer.text = fault                                   ? "it was paused: " + *fault
                  : order->kind == wire::OrderKind::drain ? std::string("it was drained")
                                                          : std::string("it was paused");
    if (order != nullptr) {
        if (!order->reason.empty()) { answer.text += ": " + order->reason; }
        const JournalOrder none{answer.worker, wire::OrderKind::resume, {}, when.unix_ms};
        if (options.journals) { out.journal.order(none); }
        static_cast<void>(machines.order(none));
    }
    out.notices.push_back("worker " + answer.worker + " is given tasks again; " + answer.text);
}

/// Asks a worker that is drained for all that has not begun there.
void Dispatch::State::retract_all(WorkerLink& machine, Effects& out) {
    wire::Retract asked;
    for (const Work* work = machine.works.front(); work != nullptr; work = work->next) {
        if (work->state != TaskState::assigned || work->cancel_wanted) { continue; }
        asked.attempts.push_back(work->ref());
        if (asked.attempts.size() < wire::kBatchItemsMax) { continue; }
        out.sends.push_back({machine.peer, std::exchange(asked, {})});
    }
    if (!asked.attempts.empty()) { out.sends.push_back({machine.peer, std::move(asked)}); }
}

wire::TaskRow Dispatch::State::row_of(const Work& work) {
    return {.id = work.id,
            .state = work.state,
            .attempt = work.attempt,
            .group = work.group(),
            .group_size = work.kind->shared.group_size,
            .owner = work.owner(),
            .name = work.spec().name,
            .text = work.machine != nullptr       ? work.machine->name
                    : work.held_until() != Time{} ? work.past->lack
                                                  : std::string(work.history()),
            .ended_unix_ms = 0,
            .failures = work.failures()};
}

std::optional<wire::TaskRow> Dispatch::row_of(const TaskId& id) const {
    const Work* work = state_->works.find(id);
    return work == nullptr ? std::nullopt : std::optional(State::row_of(*work));
}

void Dispatch::on(const std::string& peer, const wire::QueryTasks& query, When, Effects& out) const {
    std::vector<const Work*> found;
    if (query.group == TaskId{} || state_->kinds.has_group(query.group)) {
        state_->works.for_each([&](const TaskId& id, const Work& work) {
            if (query.before != TaskId{} && !(id < query.before)) { return; }
            if (query.group != TaskId{} && work.group() != query.group) { return; }
            if (query.owner.empty() || work.owner() == query.owner) { found.push_back(&work); }
        });
    }
    wire::TaskList answer{query.number, {}, found.size() > wire::kTaskRowsMax};
    const auto end = found.begin() + static_cast<std::ptrdiff_t>(std::min(found.size(), wire::kTaskRowsMax));
    std::partial_sort(found.begin(), end, found.end(),
                      [](const Work* a, const Work* b) { return b->id < a->id; });
    for (auto one = found.begin(); one != end; ++one) { answer.tasks.push_back(State::row_of(**one)); }
    out.sends.push_back({peer, std::move(answer)});
}

void Dispatch::on(const std::string& peer, const wire::Order& order, When when, Effects& out) {
    wire::Ordered answer{order.worker, false, {}};
    State& s = *state_;
    WorkerLink* const machine = s.machines.by_name(order.worker);
    if (order.kind == wire::OrderKind::resume) {
        s.resume(answer, when, out);
    } else if (machine == nullptr && s.machines.order_of(order.worker) == nullptr &&
               !s.roll.knows(order.worker)) {
        answer.text = "no worker of that name is or was connected";
    } else {
        const bool drains = order.kind == wire::OrderKind::drain;
        JournalOrder noted{order.worker, order.kind, order.reason, when.unix_ms};
        answer.done = s.machines.order(noted);
        answer.text = !answer.done ? "as many workers are paused or drained as can be: resume others first"
                      : drains     ? "it gets nothing more, and what has not begun there goes to others"
                                   : "it gets nothing more, and keeps what it has";
        if (answer.done && s.options.journals) { out.journal.order(std::move(noted)); }
        if (answer.done && drains && machine != nullptr) { s.retract_all(*machine, out); }
    }
    if (machine != nullptr) { s.tell_standing(*machine, when, out); }
    out.sends.push_back({peer, std::move(answer)});
}

}  // namespace nias::core
