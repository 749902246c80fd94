// Says where a task stands and why it waits, in words. Reads the state and changes nothing.
#include <algorithm>
#include <array>

#include "base/words.hpp"
#include "core/dispatch/state.hpp"

namespace nias::core {
namespace {

std::string in_seconds(Duration duration) {
    const auto whole = std::chrono::ceil<std::chrono::seconds>(std::max(duration, Duration{})).count();
    return std::to_string(whole) + " s";
}

std::string in_time(std::uint64_t seconds) { return time_in_words(seconds * 1000); }

/// «1 cpu», «4 cpus».
std::string counted(std::uint64_t n, const std::string& one) {
    return std::to_string(n) + " " + one + (n == 1 ? "" : "s");
}

/// Names the resource of which no machine has enough. All of these machines offer the task's runtime.
std::string too_large(const std::vector<const WorkerLink*>& machines, const Resources& asked) {
    Resources most{.cpus = 0, .gpus = 0, .memory_bytes = 0};
    for (const WorkerLink* machine : machines) {
        most.cpus = std::max(most.cpus, machine->cpus);
        most.gpus = std::max(most.gpus, machine->gpus);
        most.memory_bytes = std::max(most.memory_bytes, machine->memory_bytes);
    }
    const auto short_of = [](const std::string& needed, const std::string& there) {
        return "needs " + needed + ", the largest machine has " + there;
    };
    if (asked.memory_bytes > most.memory_bytes) {
        return short_of(size_in_words(asked.memory_bytes), size_in_words(most.memory_bytes));
    }
    if (asked.cpus > most.cpus) { return short_of(counted(asked.cpus, "cpu"), std::to_string(most.cpus)); }
    if (asked.gpus > most.gpus) { return short_of(counted(asked.gpus, "gpu"), std::to_string(most.gpus)); }
    return "no one machine has all that it needs: " + counted(asked.cpus, "cpu") + ", " +
           counted(asked.gpus, "gpu") + ", " + size_in_words(asked.memory_bytes);
}

std::string in_line(const FairQueue::Ahead& ahead) {
    if (ahead.tasks == 0) { return "next in line, waits for a free worker"; }
    return "behind " + std::string(ahead.more ? "more than " : "") + counted(ahead.tasks, "task") + " of " +
           counted(ahead.owners, "owner");
}

/// The place among the tasks that wait for one counted resource: «third in line».
std::string place_in_line(const FairQueue::Ahead& ahead) {
    constexpr std::array kPlaces{"first", "second",  "third",  "fourth", "fifth",
                                 "sixth", "seventh", "eighth", "ninth",  "tenth"};
    if (ahead.tasks < kPlaces.size()) { return std::string(kPlaces.at(ahead.tasks)) + " in line"; }
    return std::string(ahead.more ? "more than " : "") + counted(ahead.tasks, "task") + " before it in line";
}

/// «2 matlab_seats»: the name is the lab's own word, and stays as it is.
std::string amount_of(std::uint64_t amount, const std::string& name) {
    return std::to_string(amount) + " " + name;
}

/// Names the counted resource of which the lab, as configured, will never have enough; empty where it has.
std::string missing_in_lab(const CountedPool& pool, const CountedResources& asked) {
    for (const auto& [name, amount] : asked) {
        const std::uint64_t total = pool.count_of(name).total;
        if (total == 0) { return "the lab has no resource named " + name; }
        if (amount > total) {
            return "needs " + amount_of(amount, name) + ", the lab has " + std::to_string(total);
        }
    }
    return {};
}

bool asks_for(const Shape& shape, const std::string& name) {
    return std::any_of(shape.counted.begin(), shape.counted.end(),
                       [&](const CountedResource& one) { return one.name == name; });
}

/// Says what other attempts hold of a counted resource at present; empty where enough is free.
std::string held_by_others(const CountedPool& pool, const FairQueue& queue, const Work& work,
                           bool is_reserved) {
    for (const auto& [name, amount] : work.spec().resources.counted) {
        const CountedPool::Count count = pool.count_of(name);
        if (count.used + count.kept + amount <= count.total) { continue; }
        std::string text = amount > 1 ? "needs " + amount_of(amount, name) + ": " : std::string();
        text += std::to_string(count.used) + " of " + amount_of(count.total, name) + " in use";
        if (count.kept > 0 && !is_reserved) {
            text += ", " + std::to_string(count.kept) + " kept for what has waited longer";
        }
        const auto same = [&name = name](const Shape& shape) { return asks_for(shape, name); };
        return text + "; " + place_in_line(queue.ahead_of(work, same));
    }
    return {};
}

/// «4 cpus, 8 GiB»: what it claims of a machine.
std::string claims_in_words(const Shape& shape) {
    std::string text;
    const auto add = [&](const std::string& words) { text += (text.empty() ? "" : ", ") + words; };
    if (shape.cpus > 0) { add(counted(shape.cpus, "cpu")); }
    if (shape.gpus > 0) { add(counted(shape.gpus, "gpu")); }
    if (shape.memory_bytes > 0) { add(size_in_words(shape.memory_bytes)); }
    return text;
}

std::string kept_for(const Reservation& reservation) {
    if (reservation.machine == nullptr) {
        return "it has waited so long that what is free next is kept for it";
    }
    return "it has waited so long that " + claims_in_words(reservation.shape) + " are kept for it on " +
           reservation.machine->name + ", as tasks end there";
}

}  // namespace

/// Says what is in the way at present on the machines that take tasks and are large enough.
std::string Dispatch::State::why_not_at_present(const Work& work,
                                                const std::vector<const WorkerLink*>& ready) const {
    const Reservation* const mine = reservations.of(work);
    std::string held = held_by_others(pool, queue, work, mine != nullptr);
    if (mine != nullptr) { return (held.empty() ? std::string() : held + "; ") + kept_for(*mine); }
    if (!held.empty()) { return held; }
    const Shape& shape = work.lane->key.shape;
    std::string line = in_line(queue.ahead_of(work));
    const auto any = [&](const auto& is) { return std::any_of(ready.begin(), ready.end(), is); };
    if (shape.is_long && !any([](const WorkerLink* machine) { return machine->has_long_slot(); })) {
        return "every slot that long tasks may fill is in use, the others are kept for tasks of at most " +
               in_seconds(std::chrono::milliseconds(options.short_lane.long_after_ms)) + "; " + line;
    }
    if (!shape.claims_of_machine() || any([&](const WorkerLink* machine) { return machine->fits(shape); })) {
        return line;
    }
    const auto kept = std::find_if(ready.begin(), ready.end(),
                                   [&](const WorkerLink* machine) { return machine->fits_reserved(shape); });
    if (kept != ready.end()) {
        return "what is free on " + (*kept)->name + " is kept for what has waited longer; " + line;
    }
    return "waits until " + claims_in_words(shape) + " are free on one machine; " + line;
}

std::string Dispatch::State::why_queued(const Work& work, Time now) const {
    const TaskSpec& spec = work.spec();
    if (const Time until = work.held_until(); until != Time{}) {
        return "held back for " + in_seconds(until - now) +
               ", because what it needs is away for the whole lab: " + work.past->lack;
    }
    if (std::string missing = missing_in_lab(pool, spec.resources.counted); !missing.empty()) {
        return missing;
    }
    if (machines.all().empty()) { return "no worker is connected"; }
    std::vector<const WorkerLink*> able;
    std::vector<const WorkerLink*> fitting;
    std::vector<const WorkerLink*> ready;
    for (const WorkerLink* machine : machines.all()) {
        if (!machine->offers(spec.runtime)) { continue; }
        able.push_back(machine);
        if (!machine->could_fit(work.lane->key.shape)) { continue; }
        fitting.push_back(machine);
        if (standing(*machine, now) == wire::WorkerState::ready) { ready.push_back(machine); }
    }
    if (able.empty()) { return machines.runtimes().missing(spec.runtime); }
    if (fitting.empty()) { return too_large(able, spec.resources); }
    const auto resting = std::stable_partition(
        ready.begin(), ready.end(), [](const WorkerLink* machine) { return machine->rests.empty(); });
    if (resting == ready.begin() && !ready.empty()) {
        return "every machine that it fits rests or takes nothing more; " + ready.front()->name +
               " rests: " + ready.front()->rests;
    }
    ready.erase(resting, ready.end());
    if (!ready.empty()) { return why_not_at_present(work, ready); }
    const auto paused = std::find_if(fitting.begin(), fitting.end(), [&](const WorkerLink* machine) {
        return !machine->faults.paused().empty() || machines.order_of(machine->name) != nullptr;
    });
    if (paused == fitting.end()) {
        return "every machine that it fits is silent, or stops and takes nothing more";
    }
    const JournalOrder* const order = machines.order_of((*paused)->name);
    const bool drained = (*paused)->faults.paused().empty() && order->kind == wire::OrderKind::drain;
    const std::string reason =
        !(*paused)->faults.paused().empty() ? (*paused)->faults.paused() : order->reason;
    return "every machine that it fits is paused, is silent, or stops; " + (*paused)->name +
           (drained ? " is drained" : " is paused") + " until an administrator resumes it" +
           (reason.empty() ? "" : ": " + reason);
}

std::string Dispatch::State::where_held(const Work& work, Time now) const {
    const WorkerLink& machine = *work.machine;
    std::string text = (work.state == TaskState::running ? "running on " : "given to ") + machine.name +
                       ", attempt " + std::to_string(work.attempt);
    const std::uint64_t held_s = whole_seconds(now) - work.since_s;
    if (held_s > 0) { text += ", for " + in_time(held_s); }
    const std::uint64_t limit_s = work.spec().time_limit_ms / 1000;
    if (work.state == TaskState::assigned && held_s > 0) { text += "; it has not said that it began"; }
    if (work.state == TaskState::running && work.spec().time_limit_ms > 0 && held_s > limit_s) {
        text += "; its limit of " + in_time(limit_s) + " has passed, and " + machine.name +
                " has not said that it ended";
    }
    if (work.cancel_wanted) { text += "; its worker has been told to stop it"; }
    const Duration silent = now - machine.heard;
    if (silent > options.suspect) {
        text += "; " + machine.name + " has been silent for " + in_seconds(silent) + " and is given up in " +
                in_seconds(lease_of(work, machine.heard) - silent);
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
        return std::string(cut_utf8(ended, wire::kReasonBytesMax));
    }
    std::string text;
    if (work->lane != nullptr) {
        text = state_->why_queued(*work, now);
    } else if (work->machine != nullptr) {
        text = state_->where_held(*work, now);
    } else {
        text = "waits for worker " + std::string(work->recorded_worker()) +
               " to come back after a restart, at most " +
               in_seconds(state_->recovery_began + state_->lease_of(*work, state_->recovery_began) - now);
    }
    if (!work->history().empty()) { text += "\n" + std::string(work->history()); }
    return std::string(cut_utf8(text, wire::kReasonBytesMax));
}

void Dispatch::on(const std::string& peer, const wire::Query& query, When when, Effects& out) const {
    auto told = explain(query.id, when.now);
    out.sends.push_back({peer, wire::Explained{query.id, told.has_value(), told.value_or("")}});
}

}  // namespace nias::core
