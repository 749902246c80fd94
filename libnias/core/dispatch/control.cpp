// Reads the messages of a connected worker: that it lives, what it holds, what became of an attempt.
#include <algorithm>
#include <utility>

#include "base/words.hpp"
#include "core/dispatch/state.hpp"

namespace nias::core {

void Dispatch::State::hear(WorkerLink& machine, Time now) {
    machine.heard = now;
    machine.loss_counted = false;
}

WorkerLink* Dispatch::State::known(const std::string& peer, std::uint64_t incarnation, When when,
                                   Effects& out) {
    WorkerLink* machine = machines.by_peer(peer);
    if (machine != nullptr && machine->incarnation == incarnation) {
        hear(*machine, when.now);
        return machine;
    }
    if (const auto why = machines.superseded(incarnation)) {
        out.sends.push_back({peer, words_of({}, *why)});
    } else {
        out.sends.push_back({peer, wire::Rehello{}});
    }
    return nullptr;
}

void Dispatch::State::count_fault(WorkerLink& machine, const TaskId& id, std::string_view reason, When when,
                                  Effects& out) {
    const std::string words(cut_utf8(reason, wire::kReasonBytesMax / 4));
    if (machine.faults.add(id, words)) { tell_standing(machine, when, out); }
}

// A worker that ends loses all of its attempts at once. That counts as one fault, of a job whose program ran,
// because only that may have caused it.
void Dispatch::State::count_loss(WorkerLink& machine, std::string_view reason, When when, Effects& out) {
    for (const Work* work = machine.works.front(); work != nullptr; work = work->next) {
        if (work->named || work->state != TaskState::running) { continue; }
        count_fault(machine, work->id, reason, when, out);
        return;
    }
}

void Dispatch::State::reconcile(WorkerLink& machine, const wire::Hello& hello, bool restarted,
                                wire::Welcome& welcome, When when, Effects& out) {
    for (std::size_t i = 0; i < hello.held.size(); ++i) {
        const AttemptRef& held = hello.held[i];
        const std::uint32_t ran_s = i < hello.ran_s.size() ? hello.ran_s[i] : 0;
        Work* work = works.find(held.id);
        if (work != nullptr && work->machine == &machine && work->attempt == held.attempt) {
            note_run(*work, ran_s, when);
            work->named = true;
        } else if (work != nullptr && takes_back(*work, held.attempt, machine, ran_s, when, out)) {
            work->named = work->machine == &machine && work->attempt == held.attempt;
        } else {
            welcome.drop.push_back(held);  // ended, given to another, or never ours
        }
    }
    give_back_unnamed(machine, restarted, hello.was_stopped, when, out);
    const std::string why =
        "worker " + machine.name + (hello.was_stopped ? " was stopped" : " has it no more after a restart");
    give_back_recorded(machine.name, why, hello.was_stopped, when, out);
}

/// Attempts that its Hello did not name go back to the queue: each was lost with a life of the worker, or on
/// its way to it.
void Dispatch::State::give_back_unnamed(WorkerLink& machine, bool restarted, bool was_stopped, When when,
                                        Effects& out) {
    const bool crashed = restarted && !was_stopped;
    const std::string again = "worker " + machine.name + " restarted";
    if (crashed) { count_loss(machine, again, when, out); }
    for (Work* work = machine.works.back(); work != nullptr;) {
        Work* before = work->prev;
        if (work->named) {
            work->named = false;
        } else if (crashed) {
            give_back(*work, {TaskEvent::worker_lost, again, true}, when, out);
        } else if (restarted) {
            give_back(*work, {TaskEvent::declined, "worker " + machine.name + " was stopped"}, when, out);
        } else {
            give_back(*work, {TaskEvent::not_held, "worker " + machine.name + " did not receive it"}, when,
                      out);
        }
        work = before;
    }
}

/// Gives back the attempts that this worker had by the ledger when the ventilator was started, and has no
/// more. One that ran is a fault, unless its worker ended `in_order`.
void Dispatch::State::give_back_recorded(const std::string& worker, std::string_view why, bool in_order,
                                         When when, Effects& out) {
    for (Work* work = recovering.back(); work != nullptr;) {
        Work* before = work->prev;
        if (work->recorded_worker() == worker) {
            const bool lost = work->state == TaskState::running && !in_order;
            give_back(*work, {lost ? TaskEvent::worker_lost : TaskEvent::not_held, why, lost}, when, out);
        }
        work = before;
    }
}

void Dispatch::State::repeat_drops(WorkerLink& machine, Effects& out) {
    std::erase_if(machine.cancels, [&](const AttemptRef& attempt) {
        const Work* work = works.find(attempt.id);
        return work == nullptr || work->machine != &machine || work->attempt != attempt.attempt;
    });
    for (std::size_t at = 0; at < machine.cancels.size(); at += wire::kBatchItemsMax) {
        const auto first = machine.cancels.begin() + static_cast<std::ptrdiff_t>(at);
        const auto count = std::min(wire::kBatchItemsMax, machine.cancels.size() - at);
        out.sends.push_back({machine.peer, wire::Drop{{first, first + static_cast<std::ptrdiff_t>(count)}}});
    }
}

// A time limit is enforced by the worker. Where an attempt is reported as running long past it, the
// ventilator tells so once, to those who watch the task and in the log.
void Dispatch::State::tell_overdue(WorkerLink& machine, When when, Effects& out) {
    if (machine.limited == 0) { return; }
    for (Work* work = machine.works.front(); work != nullptr; work = work->next) {
        const std::uint64_t limit_ms = work->spec().time_limit_ms;
        if (limit_ms == 0 || work->overdue || work->state != TaskState::running) { continue; }
        const std::uint64_t ran_s = whole_seconds(when.now) - work->since_s;
        const auto margin_s = static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::seconds>(options.overdue).count());
        if (ran_s <= limit_ms / 1000 + margin_s) { continue; }
        work->overdue = true;
        const std::string words = where_held(*work, when.now);
        out.notices.push_back("task " + to_string(work->id) + ": " + words);
        publish_state(*work, words, when, out);
    }
}

void Dispatch::on(const std::string& peer, const wire::Credit& credit, When when, Effects& out) {
    if (WorkerLink* machine = state_->known(peer, credit.incarnation, when, out)) {
        machine->credit.grant(credit);
        machine->rests.clear();  // it asks for tasks, so it can run them
    }
}

void Dispatch::on(const std::string& peer, const wire::Started& started, When when, Effects& out) {
    WorkerLink* machine = state_->machines.by_peer(peer);
    if (machine == nullptr) {
        out.sends.push_back({peer, wire::Rehello{}});
        return;
    }
    state_->hear(*machine, when.now);
    for (const AttemptRef& attempt : started.attempts) {
        Work* found = state_->works.find(attempt.id);
        if (found == nullptr) { continue; }
        Work& work = *found;
        if (work.machine != machine || work.attempt != attempt.attempt) { continue; }
        if (work.state != TaskState::assigned) { continue; }
        state_->move(work, TaskEvent::started);
        work.close_earlier();
        work.since_s = whole_seconds(when.now);
        state_->note_state(work, when, out, true);
        state_->publish_state(work, machine->name, when, out);
        State::follow(work, "runs, worker " + machine->name, out);
    }
}

void Dispatch::on(const std::string& peer, const wire::Declined& declined, When when, Effects& out) {
    WorkerLink* machine = state_->machines.by_peer(peer);
    if (machine == nullptr) {
        out.sends.push_back({peer, wire::Rehello{}});
        return;
    }
    state_->hear(*machine, when.now);
    machine->traffic = true;
    if (declined.retry_after_s == 0) {
        machine->rests_until = when.now + state_->options.beat;  // not the same task again at once
        machine->rests = std::string(cut_utf8(declined.reason, wire::kReasonBytesMax));
    }
    Work* found = state_->works.find(declined.attempt.id);
    if (found == nullptr) { return; }
    Work& work = *found;
    if (work.machine != machine || work.attempt != declined.attempt.attempt) { return; }
    const std::string reason = "worker " + machine->name + " declined it: " + declined.reason;
    state_->give_back(
        work,
        {.event = TaskEvent::declined,
         .reason = cut_utf8(reason, wire::kReasonBytesMax),
         .held_back = std::chrono::seconds(std::min(declined.retry_after_s, wire::kRetryAfterMaxS))},
        when, out);
}

void Dispatch::on(const std::string& peer, const wire::Beat& beat, When when, Effects& out) {
    WorkerLink* machine = state_->known(peer, beat.incarnation, when, out);
    if (machine == nullptr) { return; }
    if (machine->rival != 0 && beat.welcome == machine->welcome) {
        state_->machines.supersede(std::exchange(machine->rival, 0), wire::WorkerRefusal::name_taken);
    }
    if (machine->contest.incarnation != 0 && beat.welcome == machine->welcome) {
        state_->win_contest(*machine, when, out);
    }
    machine->draining = beat.draining;
    machine->load_percent = beat.load_percent;
    machine->note_clock(beat.unix_ms, when);
    state_->tell_clock(*machine, out);
    state_->tell_standing(*machine, when, out);
    // A frame of tasks that was lost takes credit with it, also once what was in it is with another worker.
    const bool differs = beat.digest != machine->digest.value() || beat.received != machine->credit.sent();
    const bool again = differs && machine->differed && !machine->traffic;  // no frame on its way explains it
    machine->differed = differs && !again;
    machine->traffic = false;
    if (again) { out.sends.push_back({peer, wire::Rehello{}}); }
    wire::Beat answer{machine->incarnation, machine->digest.value(),
                      static_cast<std::uint32_t>(machine->digest.count())};
    answer.draining = state_->machines.order_of(machine->name) != nullptr;
    out.sends.push_back({peer, answer});
    state_->repeat_drops(*machine, out);
    state_->tell_overdue(*machine, when, out);
}

}  // namespace nias::core
