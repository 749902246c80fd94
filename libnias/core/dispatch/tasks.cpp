#include <algorithm>

#include "base/check.hpp"
#include "base/words.hpp"
#include "core/dispatch/state.hpp"
#include "core/made_outcome.hpp"
#include "wire/request_line.hpp"

namespace nias::core {
namespace {

/// Appends to the history one line that says why this attempt was not the last. Lines are cut so that those
/// of all attempts fit.
void add_line(Work& work, std::string_view reason) {
    std::string line = "attempt " + std::to_string(work.attempt) + ": ";
    line += reason;
    std::replace(line.begin(), line.end(), '\n', ' ');
    const TaskSpec& spec = work.spec();
    const std::size_t share = wire::kReasonBytesMax / std::max(spec.max_attempts + spec.max_failures, 1U);
    line.resize(cut_utf8(line, std::min<std::size_t>(512, share - 1)).size());
    std::string& history = work.make_past().history;
    if (!history.empty()) { history += '\n'; }
    history += line;
}

/// The words of an outcome, and who reported it.
std::string reason_of(const Outcome& outcome, std::string_view where_it_has_none) {
    return outcome.worker + ": " + (outcome.error.empty() ? std::string(where_it_has_none) : outcome.error);
}

}  // namespace

/// Takes the line about the current attempt's loss out of the history, because its worker is back.
void Dispatch::State::uncount(Work& work) {
    if (work.past == nullptr || work.past->history.empty()) { return; }
    std::string& history = work.past->history;
    const std::string begin = "attempt " + std::to_string(work.attempt) + ": ";
    const std::size_t last = history.rfind('\n');
    const std::size_t from = last == std::string::npos ? 0 : last + 1;
    if (history.compare(from, begin.size(), begin) != 0) { return; }
    history.erase(last == std::string::npos ? 0 : last);
    --work.faults;
}

void Dispatch::State::move(Work& work, TaskEvent event) {
    const auto to = next(work.state, event);
    NIAS_CHECK(to.has_value(), "a task takes only the edges of task_machine.hpp");
    work.state = *to;
}

void Dispatch::State::leave(Work& work) {
    if (work.lane != nullptr) {
        if (!reservations.all().empty()) { reservations.forget(work); }
        queue.remove(work);
        return;
    }
    if (work.machine != nullptr) {
        work.machine->detach(work);
    } else {
        recovering.remove(work);
    }
    if (!work.spec().resources.counted.empty()) { pool.release(work.spec().resources.counted); }
}

// Its worker may still run it, so the counted resources that it holds stay held.
void Dispatch::State::enter_recovering(Work& work) {
    recovering.push_back(work);
    pool.hold(work.spec().resources.counted);
}

void Dispatch::State::publish_state(const Work& work, std::string_view text, When when, Effects& out) {
    out.events.stands(*work.client, work.id,
                      {wire::EventKind::state, work.state, work.attempt, when.unix_ms, text, work.group()});
}

void Dispatch::State::follow(const Work& work, std::string_view what, Effects& out) {
    if (work.request().empty()) { return; }
    out.followed.push_back(wire::request_line(work.request(), work.ref(), what));
}

void Dispatch::State::note_state(const Work& work, When when, Effects& out, bool soft) const {
    if (!options.journals) { return; }
    out.journal.stand(JournalState{
        work.id, work.state, work.attempt, work.machine == nullptr ? std::string() : work.machine->name,
        std::string(work.history()), when.unix_ms, soft, work.issued() > work.attempt ? work.issued() : 0,
        work.failures(), work.open()});
}

void Dispatch::State::end(Work& work, TaskEvent event, const OutcomeView& answer, When when, Effects& out) {
    leave(work);
    move(work, event);
    NIAS_CHECK(has_ended(work.state), "end() ends");
    if (!work.request().empty()) {
        const std::string& worker = answer.outcome.worker;
        follow(work,
               "ended: " + std::string(to_string(work.state)) + (worker.empty() ? "" : ", worker " + worker),
               out);
    }
    const std::string_view text =
        cut_utf8(answer.outcome.error.empty() ? work.history() : answer.outcome.error, wire::kReasonBytesMax);
    // A task with a history has a text of its own, so it can share no run.
    const std::uint64_t run_number = work.past == nullptr ? answer.run_number : 0;
    const wire::Run<wire::Event>& told =
        out.events.ends(*work.client, work.id,
                        {work.state, work.attempt, when.unix_ms, text, answer.outcome, answer.output,
                         run_number, work.group()});
    if (options.journals) {
        out.journal.end(told.size() > 1, work.id,
                        {work.state, work.attempt, text, when.unix_ms, answer.outcome, answer.output});
    }
    ended.add(told);
    forget(work);
}

void Dispatch::State::forget(Work& work) {
    clients.leave(*work.client);
    kinds.leave(*work.kind);
    const TaskId id = work.id;
    works.erase(id);
}

void Dispatch::State::give_back(Work& work, const GiveBack& how, When when, Effects& out) {
    if (how.counts) {
        add_line(work, how.reason);
        ++work.faults;
    }
    if (!how.counts && work.charged_s > 0) { queue.refund(work, when.now); }
    work.charged_s = 0;  // the owner of a lost attempt pays for it
    const bool used_up = how.counts && work.faults >= work.spec().max_attempts;
    if (work.cancel_wanted || used_up) {
        Outcome outcome = work.cancel_wanted
                              ? made_outcome(work.ref(), OutcomeStatus::cancelled, Cause::request,
                                             "cancelled; " + std::string(how.reason))
                              : made_outcome(work.ref(), OutcomeStatus::could_not_run, Cause::worker_lost,
                                             std::string(work.history()));
        outcome.ended_unix_ms = when.unix_ms;
        outcome.worker = work.machine == nullptr ? std::string(work.recorded_worker()) : work.machine->name;
        outcome.request = work.request();
        const TaskEvent last = work.cancel_wanted ? TaskEvent::cancelled : TaskEvent::attempts_used_up;
        end(work, last, OutcomeView::alone(outcome), when, out);
        return;
    }
    if (!work.request().empty()) { follow(work, "goes back to the queue: " + std::string(how.reason), out); }
    leave(work);
    move(work, how.event);
    // A number that a worker may come back with stays the current one until hand_over() needs the next.
    work.unsure = how.may_return;
    if (!how.may_return) { work.attempt = work.next_number(); }
    work.overdue = false;
    work.forget_recorded_worker();
    note_state(work, when, out, false);
    publish_state(work, how.reason, when, out);
    if (how.held_back > Duration{}) {
        work.make_past().lack = how.reason;
        queue.hold_back(work, when.now + how.held_back);
    } else {
        queue.push(work);
    }
    fulfil_claim(work, when, out);
}

void Dispatch::State::give_back_all(WorkerLink& machine, const GiveBack& how, When when, Effects& out) {
    if (how.counts) { count_loss(machine, how.reason, when, out); }
    // The youngest first, because each goes to the front. An earlier attempt that this worker has asked for
    // may take the place of one that is given back: then it is the next.
    while (Work* const work = machine.works.back()) { give_back(*work, how, when, out); }
    machine.cancels.clear();
    reservations.forget(machine);
}

void Dispatch::State::conclude(Work& work, const OutcomeView& answer, When when, Effects& out) {
    const Outcome& outcome = answer.outcome;
    if (work.state == TaskState::queued) {  // the outcome came before the Hello of its worker
        leave(work);
        move(work, TaskEvent::adopted);
        enter_recovering(work);
        uncount(work);
    }
    work.close_earlier();
    queue.charge_actual(work, outcome.usage.wall_ms, when.now);
    const TaskEvent event = event_of(outcome.status);
    WorkerLink* const machine = work.machine;
    if (event == TaskEvent::failed && !work.cancel_wanted && work.failures() < work.spec().max_failures) {
        retry(work, outcome, when, out);
        return;
    }
    if (event != TaskEvent::could_not_run) {
        if (machine != nullptr && event != TaskEvent::cancelled) { machine->faults.clear(); }
        end(work, event, answer, when, out);
        return;
    }
    const std::string reason = reason_of(outcome, "could not run it");
    if (machine != nullptr) { count_fault(*machine, work.id, reason, when, out); }
    if (!work.cancel_wanted && work.faults + 1U >= work.spec().max_attempts) {  // keep usage, cause and notes
        add_line(work, reason);
        ++work.faults;
        Outcome last = answer.whole(work.id);
        last.error = work.history();
        end(work, TaskEvent::attempts_used_up, OutcomeView::alone(last), when, out);
        return;
    }
    give_back(work, {event, reason, true}, when, out);
}

// The program has answered, so the worker is without fault, and none of max_attempts is used up.
void Dispatch::State::retry(Work& work, const Outcome& outcome, When when, Effects& out) {
    if (work.machine != nullptr) { work.machine->faults.clear(); }
    const std::string reason = reason_of(outcome, "its program failed");
    add_line(work, reason);
    ++work.make_past().failures;
    give_back(work, {TaskEvent::retried, reason}, when, out);
}

void Dispatch::State::cancel(Work& work, When when, Effects& out) {
    if (work.state == TaskState::queued) {
        Outcome outcome = cancelled_before_it_began(work.ref());
        outcome.ended_unix_ms = when.unix_ms;
        outcome.request = work.request();
        end(work, TaskEvent::cancelled, OutcomeView::alone(outcome), when, out);
        return;
    }
    if (work.cancel_wanted) { return; }  // its Drop is repeated with the worker's beats
    work.cancel_wanted = true;
    if (work.machine == nullptr) { return; }
    work.machine->cancels.push_back(work.ref());
    out.sends.push_back({work.machine->peer, wire::Drop{{work.ref()}}});
}

}  // namespace nias::core
