#include <algorithm>
#include <utility>

#include "core/dispatch/state.hpp"

namespace nias::core {
namespace {

std::uint32_t to_ms(Duration duration) {
    return static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

/// Why a Hello is not taken; empty: it is.
std::string refusal_of(const wire::Hello& hello) {
    if (hello.worker.empty() || hello.worker.size() > wire::kNameBytesMax || hello.incarnation == 0) {
        return "a worker needs a name of at most " + std::to_string(wire::kNameBytesMax) +
               " bytes and an incarnation that is not zero";
    }
    if (hello.version_max < wire::kProtocolVersionMin || hello.version_min > wire::kProtocolVersion) {
        return "this ventilator speaks protocol versions " + std::to_string(wire::kProtocolVersionMin) +
               " to " + std::to_string(wire::kProtocolVersion) + ", the worker " +
               std::to_string(hello.version_min) + " to " + std::to_string(hello.version_max) +
               "; upgrade the older one";
    }
    return {};
}

}  // namespace

WorkerLink* Dispatch::State::known(const std::string& peer, std::uint64_t incarnation, When when,
                                   Effects& out) {
    WorkerLink* machine = machines.by_peer(peer);
    if (machine != nullptr && machine->incarnation == incarnation) {
        machine->heard = when.now;
        return machine;
    }
    if (machines.superseded(incarnation)) {
        out.sends.push_back(
            {peer, wire::Refused{"another worker has taken over this one's name; give this one "
                                 "a --name of its own"}});
    } else {
        out.sends.push_back({peer, wire::Rehello{}});
    }
    return nullptr;
}

void Dispatch::State::count_fault(WorkerLink& machine, const TaskId& id, std::string_view reason,
                                  Effects& out) {
    const std::string words(cut(reason, wire::kReasonBytesMax / 4));
    if (!machine.faults.add(id, words)) { return; }
    out.notices.push_back("worker " + machine.name + " is paused: " + machine.faults.paused() +
                          "; «nias resume " + machine.name + "» gives it tasks again");
}

// A worker that stops takes every attempt with it. That is one fault, and only a program that ran may be to
// blame.
void Dispatch::State::count_loss(WorkerLink& machine, std::string_view reason, Effects& out) {
    for (const Work* work = machine.works.front(); work != nullptr; work = work->next) {
        if (work->named || work->state != TaskState::running) { continue; }
        count_fault(machine, work->id, reason, out);
        return;
    }
}

void Dispatch::State::reconcile(WorkerLink& machine, const wire::Hello& hello, bool restarted,
                                wire::Welcome& welcome, When when, Effects& out) {
    for (const AttemptRef& held : hello.held) {
        Work* work = works.find(held.id);
        if (work != nullptr && work->attempt != held.attempt) { work = nullptr; }
        if (work != nullptr && work->machine == &machine) {
            work->named = true;
        } else if (work != nullptr && work->machine == nullptr && (work->lane == nullptr || work->unsure)) {
            adopt(*work, machine, when, out);
            work->named = true;
        } else {
            welcome.drop.push_back(held);  // ended, given to another, or never ours
        }
    }
    const std::string again = "worker " + machine.name + " restarted";
    if (restarted) { count_loss(machine, again, out); }
    for (Work* work = machine.works.back(); work != nullptr;) {
        Work* before = work->prev;
        if (work->named) {
            work->named = false;
        } else if (restarted) {
            give_back(*work, TaskEvent::worker_lost, again, true, when, out);
        } else {
            give_back(*work, TaskEvent::not_held, "worker " + machine.name + " did not receive it", false,
                      when, out);
        }
        work = before;
    }
    for (Work* work = recovering.back(); work != nullptr;) {
        Work* before = work->prev;
        if (work->recorded_worker() == machine.name) {  // only a program that ran may be to blame
            const bool ran = work->state == TaskState::running;
            give_back(*work, ran ? TaskEvent::worker_lost : TaskEvent::not_held,
                      "worker " + machine.name + " has it no more after a restart", ran, when, out);
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

// The limit is its worker's to enforce: the ventilator has no clock on a running task. That nobody did is
// told, once an attempt, to those who watch and in the log.
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

WorkerLink* Dispatch::State::admit(const wire::Hello& hello, std::string& refusal) {
    if (machines.superseded(hello.incarnation)) {
        refusal =
            "another worker named " + hello.worker + " has taken over; give this one a --name of its own";
        return nullptr;
    }
    if (WorkerLink* const known = machines.by_name(hello.worker)) { return known; }
    WorkerLink* const added = machines.add(hello.worker);
    if (added == nullptr) {
        refusal = "this ventilator knows " + std::to_string(Machines::kMachinesMax) + " workers, its most";
    }
    return added;
}

void Dispatch::on(const std::string& peer, const wire::Hello& hello, When when, Effects& out) {
    std::string refusal = refusal_of(hello);
    WorkerLink* const machine = refusal.empty() ? state_->admit(hello, refusal) : nullptr;
    if (machine == nullptr) {
        out.sends.push_back({peer, wire::Refused{std::move(refusal)}});
        return;
    }
    if (WorkerLink* other = state_->machines.by_peer(peer); other != nullptr && other != machine) {
        state_->give_back_all(*other, "worker " + other->name + " came back under another name", when, out);
        state_->machines.remove(*other);
    }
    const bool restarted = machine->incarnation != 0 && machine->incarnation != hello.incarnation;
    if (restarted) { machine->rival = machine->incarnation; }
    state_->machines.connect(*machine, peer);
    machine->take(hello, peer, when.now);
    wire::Welcome welcome{wire::kProtocolVersion,
                          hello.incarnation,
                          to_ms(state_->options.beat),
                          to_ms(state_->options.lease),
                          {},
                          state_->next_welcome++};
    machine->welcome = welcome.number;
    welcome.version = std::min(wire::kProtocolVersion, hello.version_max);
    state_->reconcile(*machine, hello, restarted, welcome, when, out);
    out.sends.push_back({peer, std::move(welcome)});
    state_->repeat_drops(*machine, out);
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
    machine->heard = when.now;
    for (const AttemptRef& attempt : started.attempts) {
        Work* found = state_->works.find(attempt.id);
        if (found == nullptr) { continue; }
        Work& work = *found;
        if (work.machine != machine || work.attempt != attempt.attempt) { continue; }
        if (work.state != TaskState::assigned) { continue; }
        state_->move(work, TaskEvent::started);
        work.since_s = whole_seconds(when.now);
        state_->note_state(work, when, out, true);
        state_->publish_state(work, machine->name, when, out);
    }
}

void Dispatch::on(const std::string& peer, const wire::Declined& declined, When when, Effects& out) {
    WorkerLink* machine = state_->machines.by_peer(peer);
    if (machine == nullptr) {
        out.sends.push_back({peer, wire::Rehello{}});
        return;
    }
    machine->heard = when.now;
    machine->traffic = true;
    machine->rests_until = when.now + state_->options.beat;  // not the same task again at once
    machine->rests = std::string(cut(declined.reason, wire::kReasonBytesMax));
    Work* found = state_->works.find(declined.attempt.id);
    if (found == nullptr) { return; }
    Work& work = *found;
    if (work.machine != machine || work.attempt != declined.attempt.attempt) { return; }
    const std::string reason = "worker " + machine->name + " declined it: " + declined.reason;
    state_->give_back(work, TaskEvent::declined, cut(reason, wire::kReasonBytesMax), false, when, out);
}

void Dispatch::on(const std::string& peer, const wire::Beat& beat, When when, Effects& out) {
    WorkerLink* machine = state_->known(peer, beat.incarnation, when, out);
    if (machine == nullptr) { return; }
    if (machine->rival != 0 && beat.welcome == machine->welcome) {
        state_->machines.supersede(std::exchange(machine->rival, 0));
    }
    machine->draining = beat.draining;
    machine->load_percent = beat.load_percent;
    // A frame of tasks that was lost takes credit with it, also once what was in it is with another worker.
    const bool differs = beat.digest != machine->digest.value() || beat.received != machine->credit.sent();
    const bool again = differs && machine->differed && !machine->traffic;  // no frame on its way explains it
    machine->differed = differs && !again;
    machine->traffic = false;
    if (again) { out.sends.push_back({peer, wire::Rehello{}}); }
    out.sends.push_back(
        {peer, wire::Beat{machine->incarnation, machine->digest.value(),
                          static_cast<std::uint32_t>(machine->digest.count()), false, 0, 0, 0}});
    state_->repeat_drops(*machine, out);
    state_->tell_overdue(*machine, when, out);
}

}  // namespace nias::core
