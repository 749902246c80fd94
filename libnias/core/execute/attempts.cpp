// The life of one attempt until it ends: received, begun, stopped, given back, discarded.
#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "core/execute/state.hpp"
#include "core/made_outcome.hpp"
#include "wire/request_line.hpp"
#include "wire/weight.hpp"

namespace nias::core {

// Mostly every task of a run may begin, and then the run is handed on whole.
void Execute::State::accept(wire::Run<Task>&& run, ExecuteEffects& out) {
    std::vector<std::size_t> begin;
    begin.reserve(run.size());
    const std::string declined = why_declined();
    for (std::size_t i = 0; i < run.size(); ++i) {
        const AttemptRef ref{run.ids[i], run.shared.attempt};
        if (!declined.empty()) {
            if (!held.contains(ref)) { decline(ref, declined, out); }
            continue;
        }
        const auto [item, is_new] = held.try_emplace(ref);
        if (!is_new) { continue; }
        digest.add(ref);
        if (!run.shared.request.empty()) {
            item->request = std::make_unique<const std::string>(run.shared.request);
            follow(*item, "received", out);
        }
        if (waiting.empty() && busy < options.slots + options.ahead) {
            item->phase = Phase::running;
            ++busy;
            begin.push_back(i);
        } else {
            waiting.push_back(run.item(i));
        }
    }
    if (begin.size() == run.size()) { return out.run.add(std::move(run)); }
    for (const std::size_t i : begin) { out.run.push_back(run.item(i)); }
}

void Execute::State::decline(const AttemptRef& attempt, const std::string& reason, ExecuteEffects& out,
                             std::uint32_t retry_after_s) {
    out.sends.emplace_back(wire::Declined{attempt, reason, retry_after_s});
}

void Execute::State::follow(const Held& item, std::string_view what, ExecuteEffects& out) {
    if (item.request == nullptr) { return; }
    out.followed.push_back(wire::request_line(*item.request, item.ref, what));
}

void Execute::State::decline_not_begun(const std::vector<AttemptRef>& recalled, const std::string& reason,
                                       ExecuteEffects& out) {
    for (const AttemptRef& ref : recalled) {
        Held* item = find(ref);
        if (item == nullptr || (item->phase != Phase::running && item->phase != Phase::discarded)) {
            continue;
        }
        --busy;
        if (item->phase == Phase::discarded) {
            --discarded;
        } else {
            decline(ref, reason, out);
        }
        erase(*item);
    }
    for (const Task& task : waiting) {
        const AttemptRef ref{task.id, task.attempt};
        decline(ref, reason, out);
        erase(*find(ref));
    }
    waiting.clear();
}

void Execute::State::start_waiting(ExecuteEffects& out) {
    while (busy < options.slots + options.ahead && !waiting.empty()) {
        const Task& task = waiting.front();
        find({task.id, task.attempt})->phase = Phase::running;
        ++busy;
        out.run.push_back(task);
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

// Answers the second half of a Retract: the shell has said which of its attempts have begun.
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

}  // namespace nias::core
