// The life of one attempt: received, begun, stopped, kept until it is settled, discarded.
#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "core/execute/state.hpp"
#include "core/made_outcome.hpp"
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

void Execute::State::decline(const AttemptRef& attempt, const std::string& reason, ExecuteEffects& out) {
    out.sends.emplace_back(wire::Declined{attempt, reason});
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

Report& Execute::State::report_of(Held& item, const wire::Run<Outcome>& run, std::size_t place,
                                  Report* report) {
    if (report == nullptr || report->bytes() >= wire::kBatchBytesTarget ||
        report->run().size() >= wire::kBatchItemsMax) {
        Outcome shared = run.shared;
        shared.worker.clear();  // the frame names it once
        report = &Report::open(fresh, shared);
        count_bytes(*report, 0);
    }
    const std::size_t before = report->bytes();
    item.phase = Phase::unsettled;
    item.report = report;
    item.place = report->add(run.ids[place], run.carried_of(place));
    count_bytes(*report, before);
    ++unsettled;
    return *report;
}

Report& Execute::State::keep(Held& item, const wire::Run<Outcome>& run, std::size_t place, Report* before,
                             ExecuteEffects& out) {
    if (options.keeps_outcomes) {
        out.keep.push_back(run.item(place));
        out.keep.back().worker = options.worker;
    }
    return report_of(item, run, place, before);
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
    Report& report = *item.report;
    if (!report.answer(item.place)) {
        unsettled_bytes -= report.bytes();
        (report.said == Time{} ? fresh : reported).erase(report.self);
    }
    erase(item);
}

}  // namespace nias::core
