// Where a task stands and why it waits, in words. Reads the state and changes nothing.
#include <algorithm>

#include "core/dispatch_state.hpp"

namespace nias::core {
namespace {

constexpr std::uint64_t kMiB = 1U << 20U;
constexpr std::uint64_t kGiB = 1U << 30U;

std::string in_bytes(std::uint64_t bytes) {
    if (bytes % kGiB == 0) { return std::to_string(bytes / kGiB) + " GiB"; }
    if (bytes >= kMiB) { return std::to_string(bytes / kMiB) + " MiB"; }
    return std::to_string(bytes) + " bytes";
}

std::string in_seconds(Duration duration) {
    const auto whole = std::chrono::ceil<std::chrono::seconds>(std::max(duration, Duration{})).count();
    return std::to_string(whole) + " s";
}

/// `n` cpus, and so on.
std::string counted(std::uint64_t n, const std::string& one) {
    return std::to_string(n) + " " + one + (n == 1 ? "" : "s");
}

bool offers(const Machine& machine, const std::string& runtime) {
    return runtime.empty() ||
           std::find(machine.runtimes.begin(), machine.runtimes.end(), runtime) != machine.runtimes.end();
}

bool large_enough(const Machine& machine, const Resources& asked) {
    return !claims(asked) || (asked.cpus <= machine.cpus && asked.gpus <= machine.gpus &&
                              asked.memory_bytes <= machine.memory_bytes);
}

/// What no machine has enough of; all of these machines offer the task's runtime.
std::string too_large(const std::vector<const Machine*>& machines, const Resources& asked) {
    Resources most{.cpus = 0, .gpus = 0, .memory_bytes = 0};
    for (const Machine* machine : machines) {
        most.cpus = std::max(most.cpus, machine->cpus);
        most.gpus = std::max(most.gpus, machine->gpus);
        most.memory_bytes = std::max(most.memory_bytes, machine->memory_bytes);
    }
    const auto short_of = [](const std::string& needed, const std::string& there) {
        return "needs " + needed + ", the largest machine has " + there;
    };
    if (asked.memory_bytes > most.memory_bytes) {
        return short_of(in_bytes(asked.memory_bytes), in_bytes(most.memory_bytes));
    }
    if (asked.cpus > most.cpus) { return short_of(counted(asked.cpus, "cpu"), std::to_string(most.cpus)); }
    if (asked.gpus > most.gpus) { return short_of(counted(asked.gpus, "gpu"), std::to_string(most.gpus)); }
    return "no one machine has all that it needs: " + counted(asked.cpus, "cpu") + ", " +
           counted(asked.gpus, "gpu") + ", " + in_bytes(asked.memory_bytes);
}

std::string in_line(const FairQueue::Ahead& ahead) {
    if (ahead.tasks == 0) { return "next in line, waits for a free worker"; }
    return "behind " + std::string(ahead.more ? "more than " : "") + counted(ahead.tasks, "task") + " of " +
           counted(ahead.owners, "owner");
}

}  // namespace

std::string Dispatch::State::why_queued(const Work& work, Time now) const {
    const TaskSpec& spec = work.task.spec;
    std::vector<const Machine*> able;
    for (const Machine* machine : machines.all()) {
        if (offers(*machine, spec.runtime)) { able.push_back(machine); }
    }
    if (machines.all().empty()) { return "no worker is connected"; }
    if (able.empty()) { return "no machine offers " + spec.runtime; }
    std::vector<const Machine*> fitting;
    for (const Machine* machine : able) {
        if (large_enough(*machine, spec.resources)) { fitting.push_back(machine); }
    }
    if (fitting.empty()) { return too_large(able, spec.resources); }
    const auto takes_some = [&](const Machine* machine) {
        return standing(*machine, now) == wire::WorkerState::ready;
    };
    if (std::any_of(fitting.begin(), fitting.end(), takes_some)) { return in_line(queue.ahead_of(work)); }
    const auto paused = std::find_if(fitting.begin(), fitting.end(), [](const Machine* machine) {
        return !machine->faults.paused().empty();
    });
    if (paused == fitting.end()) {
        return "every machine that it fits is silent, or stops and takes nothing more";
    }
    return "every machine that it fits is paused, is silent, or stops; " + (*paused)->name +
           " is paused until an administrator resumes it: " + (*paused)->faults.paused();
}

std::string Dispatch::State::where_held(const Work& work, Time now) const {
    const Machine& machine = *work.machine;
    std::string text = (work.state == TaskState::running ? "running on " : "given to ") + machine.name +
                       ", attempt " + std::to_string(work.task.attempt);
    if (work.cancel_wanted) { text += "; its worker has been told to stop it"; }
    const Duration silent = now - machine.heard;
    if (silent > options.suspect) {
        text += "; " + machine.name + " has been silent for " + in_seconds(silent) + " and is given up in " +
                in_seconds(options.lease - silent);
    }
    return text;
}

std::optional<std::string> Dispatch::explain(const TaskId& id, Time now) const {
    const Work* work = state_->works.find(id);
    if (work == nullptr) {
        const auto told = state_->ended.find(id);
        if (!told) { return std::nullopt; }
        std::string ended = "ended: " + std::string(to_string(told->state));
        if (!told->text.empty()) { ended += ", " + told->text; }
        cut(ended, wire::kReasonBytesMax);
        return ended;
    }
    std::string text;
    if (work->lane != nullptr) {
        text = state_->why_queued(*work, now);
    } else if (work->machine != nullptr) {
        text = state_->where_held(*work, now);
    } else {
        text = "waits for worker " + std::string(work->recorded_worker()) +
               " to come back after a restart, at most " + in_seconds(state_->recovery_ends - now);
    }
    if (!work->history().empty()) { text += "\n" + std::string(work->history()); }
    cut(text, wire::kReasonBytesMax);
    return text;
}

void Dispatch::on(const std::string& peer, const wire::Query& query, When when, Effects& out) const {
    auto told = explain(query.id, when.now);
    out.sends.push_back({peer, wire::Explained{query.id, told.has_value(), told.value_or("")}});
}

}  // namespace nias::core
