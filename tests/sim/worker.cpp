// The workers of the simulated world: real cores, in shells that crash, drain and give back.
#include <algorithm>
#include <utility>

#include "world.hpp"

namespace nias::sim {

void World::start_worker(std::size_t index) {
    WorkerNode& node = workers_[index];
    if (node.core != nullptr || node.gone) { return; }
    node.options.incarnation = random_.next() | 1U;
    node.core = std::make_unique<core::Execute>(node.options);
    std::vector<Outcome> unsettled;
    for (const auto& [ref, outcome] : node.outbox) { unsettled.push_back(outcome); }
    node.core->restore(unsettled);
    worker(index, [this](core::Execute& core, core::ExecuteEffects& out) { core.start(now(), out); });
}

void World::crash_worker(std::size_t index, std::int64_t down_ms) {
    WorkerNode& node = workers_[index];
    if (node.core == nullptr) { return; }
    node.core.reset();
    node.draining = false;
    node.running.clear();
    node.handed.clear();
    if (!node.durable) { node.outbox.clear(); }
    ++node.life;
    ++crashes_;
    after(down_ms, [this, index] { start_worker(index); });
}

void World::worker(std::size_t index,
                   const std::function<void(core::Execute&, core::ExecuteEffects&)>& input) {
    WorkerNode& node = workers_[index];
    if (node.core == nullptr) { return; }
    core::ExecuteEffects effects;
    input(*node.core, effects);
    node.core->tick(now(), effects);
    node.core->check_invariants();  // P4: no more was taken than was granted
    obey(index, effects);
    if (node.core != nullptr && !node.core->refusal().empty()) { heed_refusal(index); }
    if (node.core != nullptr && node.draining && node.core->drained()) {
        if (!node.outbox.empty()) { throw Broken("a worker drained with outcomes in its outbox"); }  // A7
        stop_worker(index);
    }
}

// SIGTERM (A7): what has not begun is given back, what runs may finish until the limit.
void World::drain_worker(std::size_t index, std::int64_t limit_ms) {
    WorkerNode& node = workers_[index];
    if (node.core == nullptr || node.draining) { return; }
    node.draining = true;
    std::vector<AttemptRef> recalled;
    for (const Task& task : node.handed) { recalled.push_back({task.id, task.attempt}); }
    node.handed.clear();
    const std::uint64_t life = node.life;
    after(limit_ms, [this, index, life] {
        if (workers_[index].life == life) { stop_worker(index); }
    });
    worker(index, [&](core::Execute& core, core::ExecuteEffects& out) { core.drain(recalled, now(), out); });
}

void World::obey(std::size_t index, core::ExecuteEffects& effects) {
    WorkerNode& node = workers_[index];
    if (effects.welcomed) { node.options.was_stopped = false; }
    std::vector<wire::Message> reports;
    for (const core::SendReport& report : effects.reports) { reports.emplace_back(test::copy_of(report)); }
    if (!effects.keep.empty() && faulty() &&
        random_.chance(weather_.crash_in_step)) {  // the outbox could not be written
        crash_worker(index, random_.between(1, 3'000));
        return;
    }
    for (Outcome& outcome : effects.keep) {
        checkers_.produced(outcome);
        node.outbox[{outcome.id, outcome.attempt}] = std::move(outcome);
    }
    for (const AttemptRef& attempt : effects.forget) { node.outbox.erase(attempt); }
    if (faulty() && random_.chance(weather_.crash_in_step / 4)) {
        crash_worker(index, random_.between(1, 3'000));
        return;
    }
    for (wire::Message& message : effects.sends) {
        if (const auto* retracted = std::get_if<wire::Retracted>(&message)) {
            for (const AttemptRef& attempt : retracted->attempts) {
                checkers_.given_back(attempt, node.options.incarnation);
            }
        }
        from_worker(index, std::move(message));
    }
    for (wire::Message& report : reports) { from_worker(index, std::move(report)); }
    for (const Task& task : effects.run) { run_task(index, task); }
    for (const AttemptRef& attempt : effects.stop) {
        const std::uint64_t life = node.life;
        after(random_.between(0, 500), [this, index, attempt, life] {
            if (workers_[index].life == life) { finish(index, attempt, OutcomeStatus::cancelled); }
        });
    }
    if (!effects.recall.empty()) { give_back(index, effects.recall); }
}

// Tasks that the shell was handed and has not begun go back to the core; of the others it says that they
// began.
void World::give_back(std::size_t index, const std::vector<AttemptRef>& asked) {
    WorkerNode& node = workers_[index];
    std::vector<AttemptRef> taken;
    std::vector<AttemptRef> begun;
    for (const AttemptRef& attempt : asked) {
        const bool waited = std::erase_if(node.handed, [&](const Task& task) {
                                return task.id == attempt.id && task.attempt == attempt.attempt;
                            }) > 0;
        (waited ? taken : begun).push_back(attempt);
    }
    worker(index, [&](core::Execute& core, core::ExecuteEffects& out) { core.recalled(taken, begun, out); });
}

void World::run_task(std::size_t index, const Task& task) {
    WorkerNode& node = workers_[index];
    checkers_.attempt_runs_once({task.id, task.attempt});
    node.handed.push_back(task);
    if (node.running.size() + node.handed.size() > node.options.slots + node.options.ahead) {
        throw Broken("more is handed over than there are slots");
    }
    begin_programs(index);
}

void World::begin_programs(std::size_t index) {
    WorkerNode& node = workers_[index];
    while (!node.handed.empty() && node.running.size() < node.options.slots) {
        const Task task = std::move(node.handed.front());
        node.handed.pop_front();
        begin_program(index, task);
    }
}

void World::begin_program(std::size_t index, const Task& task) {
    WorkerNode& node = workers_[index];
    const AttemptRef attempt{task.id, task.attempt};
    checkers_.begins(attempt, node.options.incarnation);
    node.running[attempt] = task;
    look_at_what_runs(node);
    const std::uint64_t life = node.life;
    const std::int64_t lasts = random_.chance(0.05) ? random_.between(0, 40'000) : random_.between(0, 2'000);
    const auto draw = random_.between(0, 99);
    const OutcomeStatus status = draw < 80   ? OutcomeStatus::succeeded
                                 : draw < 88 ? OutcomeStatus::failed
                                 : draw < 92 ? OutcomeStatus::timed_out
                                             : OutcomeStatus::could_not_run;
    after(lasts / 4, [this, index, attempt, life] {
        if (workers_[index].life != life || !workers_[index].running.contains(attempt)) { return; }
        worker(index,
               [&](core::Execute& core, core::ExecuteEffects& out) { core.started(attempt, now(), out); });
    });
    after(lasts, [this, index, attempt, life, status] {
        if (workers_[index].life == life) { finish(index, attempt, status); }
    });
}

// A Declined that the ventilator did not take leaves the task where it was.
void World::note_held_back(const core::Dispatch& core, const wire::Declined& declined) {
    const auto row = core.row_of(declined.attempt.id);
    const bool was_taken = row && row->state == TaskState::queued && row->attempt > declined.attempt.attempt;
    if (declined.retry_after_s == 0 || !was_taken || row->text.find("declined it") == std::string::npos) {
        return;
    }
    checkers_.held_back(declined.attempt, clock_ + 1'000 * std::int64_t{declined.retry_after_s});
}

void World::finish(std::size_t index, const AttemptRef& attempt, OutcomeStatus status) {
    WorkerNode& node = workers_[index];
    const auto waits = [&](const Task& task) {
        return task.id == attempt.id && task.attempt == attempt.attempt;
    };
    if (node.running.erase(attempt) == 0 && std::erase_if(node.handed, waits) == 0) { return; }
    Outcome outcome;
    outcome.id = attempt.id;
    outcome.attempt = attempt.attempt;
    outcome.status = status;
    outcome.output = {static_cast<std::uint8_t>(attempt.attempt), static_cast<std::uint8_t>(random_.next())};
    outcome.ended_unix_ms = when().unix_ms;
    if (status == OutcomeStatus::could_not_run && random_.chance(0.3)) {  // the lab lacks what it needs
        outcome.retry_after_s = static_cast<std::uint32_t>(random_.between(1, 20));
    }
    begin_programs(index);
    worker(index,
           [&](core::Execute& core, core::ExecuteEffects& out) { core.finished({outcome}, now(), out); });
}

void World::from_worker(std::size_t index, wire::Message message) {
    const std::string peer = workers_[index].peer();
    if (auto* report = std::get_if<wire::OutcomeReport>(&message)) {
        if (!workers_[index].reports) { return; }
        carry("report", false, [this, report = std::move(*report)] { to_sink(report); });
        return;
    }
    if (!workers_[index].speaks) { return; }
    const std::uint64_t reader = ventilator_life_;
    const std::uint64_t life = workers_[index].life;
    carry("from " + peer, weather_.ordered, [this, index, peer, reader, life, message = std::move(message)] {
        if (workers_[index].peer() != peer && faulty() && random_.chance(0.5)) { return; }
        // Messages for a ventilator wait in the worker's process, and are gone with it.
        if (workers_[index].life != life && ventilator_life_ != reader) { return; }
        ventilator([=, this](core::Dispatch& core, core::Effects& out) {
            std::visit(
                [&](const auto& body) {
                    if constexpr (requires { core.on(peer, body, when(), out); }) {
                        core.on(peer, body, when(), out);
                    }
                    if constexpr (std::is_same_v<std::decay_t<decltype(body)>, wire::Declined>) {
                        note_held_back(core, body);
                    }
                },
                message);
        });
    });
}

}  // namespace nias::sim
