// Outcomes of attempts: taken from the shell, reported to the sink, repeated until they are settled.
#include <algorithm>
#include <utility>

#include "core/execute/state.hpp"
#include "wire/weight.hpp"

namespace nias::core {
namespace {

constexpr std::size_t kAhead = 4;  // items of a batch by which memory is called for before its use

}  // namespace

// An outcome waits for two commits, the sink's and the ventilator's, and its place is free meanwhile: a
// worker that stopped asking soon would stand idle. A Hello has room for all of them beside the window.
bool Execute::State::waits_for_settling() const {
    constexpr std::uint64_t kPerPlace = 8;
    const auto most = std::min<std::uint64_t>(kPerPlace * options.window, wire::kHeldMax / 2);
    return unsettled >= most || unsettled_bytes >= kUnsettledBytesMax;
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

void Execute::finished(const wire::Runs<Outcome>& outcomes, Time, ExecuteEffects& out) {
    State& s = *state_;
    for (const wire::Run<Outcome>& run : outcomes.runs()) {
        Report* report = nullptr;
        for (std::size_t i = 0; i < run.size(); ++i) {
            if (i + 2 * kAhead < run.size()) { s.held.expect({run.ids[i + 2 * kAhead], run.shared.attempt}); }
            if (i + kAhead < run.size()) { s.held.expect_value({run.ids[i + kAhead], run.shared.attempt}); }
            Held* item = s.find({run.ids[i], run.shared.attempt});
            if (item == nullptr || (item->phase != Phase::running && item->phase != Phase::discarded)) {
                continue;
            }
            --s.busy;
            if (item->request != nullptr) {
                State::follow(*item, "ended: " + std::string(to_string(run.shared.status)), out);
            }
            if (item->phase == Phase::discarded) {
                --s.discarded;
                s.erase(*item);
            } else if (!s.rests.empty() && run.shared.status == OutcomeStatus::could_not_run &&
                       !item->stopped) {
                s.decline(item->ref, s.rests, out);
                s.erase(*item);
            } else if (run.shared.status == OutcomeStatus::could_not_run && run.shared.retry_after_s > 0 &&
                       !item->stopped) {
                s.decline(item->ref, run.shared.error, out, run.shared.retry_after_s);
                s.erase(*item);
            } else {
                report = &s.keep(*item, run, i, report, out);
            }
        }
    }
    s.start_waiting(out);
}

void Execute::on(const wire::Settled& settled, Time now, ExecuteEffects& out) {
    state_->heard = now;
    const auto& all = settled.attempts;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (i + 2 * kAhead < all.size()) { state_->held.expect(all[i + 2 * kAhead]); }
        if (i + kAhead < all.size()) { state_->held.expect_value(all[i + kAhead]); }
        const AttemptRef& attempt = all[i];
        Held* item = state_->find(attempt);
        if (item == nullptr || item->phase != Phase::unsettled) { continue; }
        State::follow(*item, "settled", out);
        state_->forget(*item, out);
    }
}

void Execute::restore(const std::vector<Outcome>& outcomes) {
    for (const Outcome& outcome : outcomes) {
        const AttemptRef ref{outcome.id, outcome.attempt};
        if (state_->held.contains(ref)) { continue; }
        state_->digest.add(ref);
        const wire::Runs<Outcome> alone{outcome};
        Held& item = state_->held[ref];
        if (!outcome.request.empty()) { item.request = std::make_unique<const std::string>(outcome.request); }
        state_->report_of(item, alone.runs().front(), 0, nullptr);
    }
}

bool Execute::State::say(Report& report, Time now, Report::List& from, SendReport& frame) {
    const bool full = frame.bytes + report.bytes() > wire::kBatchBytesTarget ||
                      frame.items + report.run().size() > wire::kBatchItemsMax;
    if (full && frame.items > 0) { return false; }
    frame.bytes += report.bytes();
    frame.items += report.run().size();
    frame.outcomes.push_back(&report.run());
    report.said = now;
    reported.splice(reported.end(), from, report.self);
    return true;
}

void Execute::State::report(Time now, ExecuteEffects& out) {
    SendReport frame{options.worker};
    while (!fresh.empty()) {
        if (say(fresh.front(), now, fresh, frame)) { continue; }
        out.reports.push_back(std::exchange(frame, {options.worker}));
    }
    if (frame.items > 0) { out.reports.push_back(std::move(frame)); }
}

// Sends one frame a tick, so that a slow sink is not flooded.
void Execute::State::repeat(Time now, ExecuteEffects& out) {
    SendReport frame{options.worker};
    bool room = true;
    while (room && is_due(now)) {
        Report& report = reported.front();
        const std::size_t before = report.bytes();
        report.leave_out_answered([&](const TaskId& id, std::uint32_t place) {
            find({id, report.run().shared.attempt})->place = place;
        });
        count_bytes(report, before);
        room = say(report, now, reported, frame);
    }
    out.reports.push_back(std::move(frame));
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
