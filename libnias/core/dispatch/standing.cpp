// Says how a worker stands, and tells people when this changes.
#include <cstdlib>
#include <utility>

#include "base/words.hpp"
#include "core/dispatch/state.hpp"

namespace nias::core {
namespace {

constexpr std::int64_t kClockOffMs = 2'000;  // less is the network's delay

wire::WorkerChange change_to(wire::WorkerState state) {
    switch (state) {
        case wire::WorkerState::ready: return wire::WorkerChange::back;
        case wire::WorkerState::suspect: return wire::WorkerChange::suspect;
        case wire::WorkerState::paused: return wire::WorkerChange::paused;
        case wire::WorkerState::draining: return wire::WorkerChange::draining;
        case wire::WorkerState::silent:
        case wire::WorkerState::lost: return wire::WorkerChange::lost;
        case wire::WorkerState::stopped: return wire::WorkerChange::stopped;
        case wire::WorkerState::revoked: return wire::WorkerChange::revoked;
        case wire::WorkerState::refused: return wire::WorkerChange::refused;
    }
    return wire::WorkerChange::refused;
}

std::string silence_text(const WorkerLink& machine, Time now) {
    const auto silence = std::chrono::duration_cast<std::chrono::seconds>(now - machine.heard);
    return "silent for " + span_text(static_cast<std::uint64_t>(silence.count()));
}

}  // namespace

wire::WorkerState Dispatch::State::standing(const WorkerLink& machine, Time now) const {
    const Duration silence = now - machine.heard;
    if (silence > options.lease) { return wire::WorkerState::silent; }
    if (!machine.faults.paused().empty()) { return wire::WorkerState::paused; }
    if (silence > options.suspect) { return wire::WorkerState::suspect; }
    const JournalOrder* const order = machines.order_of(machine.name);
    if (order != nullptr && order->kind == wire::OrderKind::pause) { return wire::WorkerState::paused; }
    return machine.draining || order != nullptr ? wire::WorkerState::draining : wire::WorkerState::ready;
}

std::string Dispatch::State::why(const WorkerLink& machine, wire::WorkerState state, Time now) const {
    const JournalOrder* const order = machines.order_of(machine.name);
    const auto ordered = [&](const char* what) {
        return "an administrator " + std::string(what) + (order->reason.empty() ? "" : ": " + order->reason);
    };
    switch (state) {
        case wire::WorkerState::silent: {
            const std::size_t kept = machine.works.size();
            return silence_text(machine, now) +
                   (kept == 0 ? ""
                              : "; " + std::to_string(kept) +
                                    (kept == 1 ? " task that it has is" : " tasks that it has are") +
                                    " waited for");
        }
        case wire::WorkerState::suspect: return silence_text(machine, now);
        case wire::WorkerState::paused:
            return !machine.faults.paused().empty() ? machine.faults.paused() : ordered("paused it");
        case wire::WorkerState::draining: return machine.draining ? "it was stopped" : ordered("drains it");
        default: return machine.rests.empty() ? std::string() : "rests: " + machine.rests;
    }
}

void Dispatch::State::tell(const WorkerLink& machine, wire::WorkerChange change, std::string_view why,
                           When when, Effects& out) {
    out.workers.push_back({machine.name, change, when.unix_ms,
                           std::string(cut_utf8(why, wire::kReasonBytesMax)), machine.host, machine.address});
}

void Dispatch::State::tell_standing(WorkerLink& machine, When when, Effects& out) const {
    const wire::WorkerState state = standing(machine, when.now);
    if (state == machine.told.state) {
        if (state != wire::WorkerState::ready) { machine.told.why = why(machine, state, when.now); }
        return;
    }
    std::string words = why(machine, state, when.now);
    if (state == wire::WorkerState::ready) {
        words = machine.told.why.empty() ? "ready again" : "it was: " + machine.told.why;
    }
    machine.told = {state, when.unix_ms, words};
    tell(machine, change_to(state), words, when, out);
}

void Dispatch::State::tell_clock(WorkerLink& machine, Effects& out) {
    const bool is_off = std::abs(machine.clock_off_ms) > kClockOffMs;
    if (is_off && !machine.clock_told) {
        const auto seconds = static_cast<std::uint64_t>(std::abs(machine.clock_off_ms) / 1'000);
        out.notices.push_back("worker " + machine.name + ": its clock is " + span_text(seconds) +
                              (machine.clock_off_ms > 0 ? " ahead of" : " behind") +
                              " this machine's: set it, with NTP for instance");
    }
    machine.clock_told = is_off;
}

wire::WorkerRow Dispatch::State::row_of(const WorkerLink& machine, Time now) const {
    wire::WorkerRow row;
    row.name = machine.name;
    row.host = machine.host;
    row.state = standing(machine, now);
    row.reason = why(machine, row.state, now);
    if (row.reason.empty()) { row.reason = machine.told.why; }
    row.slots = machine.slots;
    row.held = static_cast<std::uint32_t>(machine.works.size());
    for (const Work* work = machine.works.front(); work != nullptr; work = work->next) {
        row.running += work->state == TaskState::running ? 1U : 0U;
    }
    row.cpus = machine.cpus;
    row.load_percent = machine.load_percent;
    row.gpus = machine.gpus;
    row.memory_bytes = machine.memory_bytes;
    row.runtimes = machine.runtimes;
    row.software = machine.version;
    row.address = machine.address;
    row.labels = machine.labels;
    row.since_unix_ms = machine.told.since_unix_ms;
    row.clock_off_ms = machine.clock_off_ms;
    return row;
}

/// The worker is gone; its attempts have been detached before.
void Dispatch::State::depart(WorkerLink& machine, wire::WorkerState state, std::string why, When when,
                             Effects& out) {
    wire::WorkerRow row = row_of(machine, when.now);
    row.state = state;
    row.reason = std::move(why);
    row.since_unix_ms = when.unix_ms;
    const bool was_told = state == wire::WorkerState::lost && machine.told.state == wire::WorkerState::silent;
    if (!was_told) { tell(machine, change_to(state), row.reason, when, out); }
    roll.add(std::move(row));
    machines.remove(machine);
}

}  // namespace nias::core
