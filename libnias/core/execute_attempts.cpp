// What becomes of one attempt: taken, begun, stopped, kept until it is settled, discarded.
#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "core/execute_state.hpp"
#include "core/made_outcome.hpp"
#include "wire/weight.hpp"

namespace nias::core {

void Execute::State::take(Task&& task, ExecuteEffects& out) {
    const AttemptRef ref{task.id, task.attempt};
    if (draining) {
        if (!held.contains(ref)) { decline(ref, "the worker is draining", out); }
        return;
    }
    const auto [place, is_new] = held.try_emplace(ref);
    if (!is_new) { return; }
    Held& item = *place;
    digest.add(ref);
    if (waiting.empty() && busy < options.slots + options.ahead) {
        item.phase = Phase::running;
        ++busy;
        out.run.push_back(std::move(task));
        return;
    }
    waiting.push_back(std::move(task));
}

void Execute::State::decline(const AttemptRef& attempt, const char* reason, ExecuteEffects& out) {
    out.sends.emplace_back(wire::Declined{attempt, reason});
}

void Execute::State::start_waiting(ExecuteEffects& out) {
    while (busy < options.slots + options.ahead && !waiting.empty()) {
        Task& task = waiting.front();
        find({task.id, task.attempt})->phase = Phase::running;
        ++busy;
        out.run.push_back(std::move(task));
        waiting.pop_front();
    }
}

void Execute::State::remove_waiting(const AttemptRef& attempt) {
    const auto it = std::find_if(waiting.begin(), waiting.end(), [&](const Task& task) {
        return task.id == attempt.id && task.attempt == attempt.attempt;
    });
    NIAS_CHECK(it != waiting.end(), "a waiting attempt has its task");
    waiting.erase(it);
}

// The other half of a Retract: of attempts that the shell had, and of those that it took back.
void Execute::recalled(const std::vector<AttemptRef>& taken, const std::vector<AttemptRef>& begun,
                       ExecuteEffects& out) {
    State& s = *state_;
    wire::Retracted told;
    for (const AttemptRef& attempt : taken) {
        Held* item = s.find(attempt);
        if (item == nullptr || (item->phase != Phase::running && item->phase != Phase::discarded)) {
            continue;
        }
        --s.busy;
        if (item->phase == Phase::discarded) {
            --s.discarded;
        } else {
            told.attempts.push_back(attempt);
        }
        s.erase(*item);
    }
    for (const AttemptRef& attempt : begun) {
        const Held* item = s.find(attempt);
        if (item != nullptr && item->phase == Phase::running) { s.started.push_back(attempt); }
    }
    if (!told.attempts.empty()) { out.sends.emplace_back(std::move(told)); }
    s.start_waiting(out);
}

void Execute::State::stop(Held& item, ExecuteEffects& out) {
    if (item.stopped) { return; }
    item.stopped = true;
    out.stop.push_back(item.ref);
}

void Execute::State::keep(Held& item, Outcome&& outcome, ExecuteEffects& out) {
    item.phase = Phase::unsettled;
    item.outcome = std::move(outcome);
    ++unsettled;
    fresh.push_back(item);
    if (options.keeps_outcomes) {
        out.keep.push_back(item.outcome);
        out.keep.back().worker = options.worker;
    }
    item.outcome.worker.clear();  // the report names it once
    unsettled_bytes += wire::weight(item.outcome);
}

void Execute::State::discard(const AttemptRef& attempt, ExecuteEffects& out) {
    Held* item = find(attempt);
    if (item == nullptr) { return; }
    if (item->phase == Phase::waiting) {
        remove_waiting(attempt);
        erase(*item);
    } else if (item->phase == Phase::running) {
        stop(*item, out);
        digest.remove(attempt);
        item->phase = Phase::discarded;
        ++discarded;
    } else if (item->phase == Phase::unsettled) {
        forget(*item, out);
    }
}

void Execute::State::forget(Held& item, ExecuteEffects& out) {
    if (options.keeps_outcomes) { out.forget.push_back(item.ref); }
    --unsettled;
    unsettled_bytes -= wire::weight(item.outcome);
    chain_of(item).remove(item);
    erase(item);
}

}  // namespace nias::core
