#include "world.hpp"

#include <algorithm>

namespace nias::sim {
namespace {

constexpr std::int64_t kEndMs = 30 * 60 * 1000;

}  // namespace

World::World(std::uint64_t seed, WallClocks clocks, Disks disks)
    : clocks_(clocks),
      random_(seed),
      clock_random_(~seed),
      welcome_random_(seed ^ 0x57454c434f4d45ULL),
      scheduling_random_(seed ^ 0x4c41524745ULL),
      disks_(disks),
      disk_random_(seed ^ 0x4449534b53ULL),
      front_random_(seed ^ 0x46524f4e54ULL),
      machine_random_(seed ^ 0x4b455953ULL),
      claim_random_(seed ^ 0x434c41494dULL),
      group_random_(seed ^ 0x47524f5550ULL),
      weather_(weather_of(random_)),
      checkers_(weather_.ordered) {
    // A6: a full queue refuses before it promises.
    dispatch_options_.max_queued = random_.chance(0.3) ? 8 : 1000;
    dispatch_options_.recent_ended_max = random_.chance(0.5) ? 4 : 1000;
    make_wishes(random_.between(10, 250));
    const std::int64_t count = random_.between(1, 4);
    for (std::int64_t i = 0; i < count; ++i) {
        WorkerNode node;
        node.options.worker = "w" + std::to_string(i);
        node.options.host = "host" + std::to_string(i);
        node.options.home = "home" + std::to_string(i);  // each life of it locks the same file
        node.options.slots = static_cast<std::uint32_t>(random_.between(1, 4));
        node.options.window = node.options.slots;
        if (random_.chance(0.4)) {
            node.options.window += static_cast<std::uint32_t>(random_.between(1, 24));
        }
        node.options.ahead = random_.chance(0.3) ? node.options.window - node.options.slots : 0;
        node.options.cpus = 4;
        if (i == 0 || random_.chance(0.5)) { node.options.runtimes = {"octave"}; }
        node.durable = random_.chance(0.7);
        workers_.push_back(std::move(node));
    }
    machines_ = workers_.size();
    if (scheduling_random_.chance(0.5)) { draw_scheduling(); }
    if (machines_ > 1 && claim_random_.chance(0.25)) { draw_claims(); }
    if (group_random_.chance(0.2)) { draw_group(); }
}

void World::after(std::int64_t ms, std::function<void()> act) {
    plan_.push({clock_ + ms, order_++, std::move(act)});
}

void World::every(std::int64_t ms, std::function<void()> act) {
    after(ms, [this, ms, act = std::move(act)] {
        act();
        every(ms, act);
    });
}

void World::carry(const std::string& link, bool keeps_order, std::function<void()> deliver) {
    const int copies = !faulty()                        ? 1
                       : random_.chance(weather_.loss)  ? 0
                       : random_.chance(weather_.twice) ? 2
                                                        : 1;
    for (int i = 0; i < copies; ++i) {
        std::int64_t at = clock_ + random_.between(0, weather_.delay_ms);
        if (faulty() && random_.chance(0.01)) { at += random_.between(0, 8'000); }
        if (keeps_order) {
            auto& busy = link_busy_until_[link];
            at = busy = std::max(busy, at);
        }
        after(at - clock_, deliver);
    }
}

void World::make_wishes(std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
        Wish wish;
        for (std::size_t byte = 0; byte < 16; ++byte) {
            wish.task.id.bytes[byte] = static_cast<std::uint8_t>(random_.next());
        }
        wish.task.owner = "owner" + std::to_string(random_.between(0, 3));
        wish.task.spec.priority = static_cast<std::int32_t>(random_.between(0, 2));
        wish.task.spec.max_attempts = static_cast<std::uint32_t>(random_.between(1, 4));
        if (random_.chance(0.2)) { wish.task.spec.runtime = "octave"; }
        if (random_.chance(0.2)) {
            wish.task.spec.resources.cpus = static_cast<std::uint32_t>(random_.between(2, 4));
        }
        if (i % 2 == 1) { wish.task.spec.max_failures = static_cast<std::uint32_t>(i % 7); }
        wish.task.payload = {static_cast<std::uint8_t>(i)};
        wish.cancel = random_.chance(0.1);
        wish_of_[wish.task.id] = wishes_.size();
        wishes_.push_back(std::move(wish));
    }
}

// The administrator: a worker that was paused is looked at, and goes on.
void World::resume_workers() {
    ventilator([=, this](core::Dispatch& core, core::Effects& out) {
        for (const WorkerNode& node : workers_) {
            core.on("administrator", wire::Order{node.options.worker}, when(), out);
        }
    });
}

bool World::settled() const {
    if (dispatch_ == nullptr || dispatch_->alive() > 0) { return false; }
    if ((has_crowd_ && large_ == 0) || awaits_clone_) { return false; }
    for (const Wish& wish : wishes_) {
        if (!wish.ended) { return false; }
    }
    return std::all_of(workers_.begin(), workers_.end(), [](const WorkerNode& node) {
        return node.gone || (node.core != nullptr && node.core->held() == 0 && node.core->unsettled() == 0);
    });
}

std::string World::unfinished() const {
    std::string text = "half an hour later";
    for (const Wish& wish : wishes_) {
        if (wish.ended) { continue; }
        const auto row = rows_.find(wish.task.id);
        text += "\n  a task has not ended: ";
        text += row == rows_.end()
                    ? "not in the ledger"
                    : "state " + std::to_string(static_cast<int>(row->second.state)) + ", attempt " +
                          std::to_string(row->second.task.attempt) + ", " + row->second.reason;
        if (dispatch_ != nullptr) {
            text += "\n  " + dispatch_->explain(wish.task.id, now()).value_or("it is not known");
        }
    }
    for (const WorkerNode& node : workers_) {
        if (node.core == nullptr) { continue; }
        text += "\n  " + node.options.worker + " holds " + std::to_string(node.core->held()) +
                ", unsettled " + std::to_string(node.core->unsettled());
    }
    return text;
}

void World::run() {
    start_ventilator();
    for (std::size_t i = 0; i < machines_; ++i) {
        after(random_.between(0, 3'000), [this, i] { start_worker(i); });
        every(100, [this, i] { worker(i, [](core::Execute&, core::ExecuteEffects&) {}); });
    }
    every(250, [this] { end_round(); });
    every(20, [this] { sink_tick(); });
    start_submitter();
    every(3'000, [this] { resume_workers(); });
    plan_faults();
    plan_machines();
    plan_claims();
    plan_group();
    if (has_crowd_) {
        after(weather_.faults_until_ms, [this] { begin_crowd(); });
    }
    while (clock_ < kEndMs) {
        Planned step = plan_.top();
        plan_.pop();
        clock_ = step.at;
        step.act();
        if (!faulty() && settled()) {
            for (const auto& [id, row] : rows_) {
                const auto wish = wish_of_.find(id);
                const bool may_be_cancelled = wish != wish_of_.end() && wishes_[wish->second].cancel;
                checkers_.ends_as_produced(row, may_be_cancelled || row.task.group != TaskId{});
            }
            return;
        }
    }
    throw Broken(unfinished());
}

std::string World::summary() const {
    return std::to_string(wishes_.size()) + " tasks, " + std::to_string(checkers_.runs()) + " runs, " +
           std::to_string(checkers_.given_back()) + " given back, " + std::to_string(pauses_) + " pauses, " +
           std::to_string(crashes_) + " crashes, " +
           (disks_ == Disks::slow ? std::to_string(slow_commits_) + " slow commits, " : "") +
           std::to_string(clock_ / 1000) + " s";
}

std::string World::trace() const {
    Random after = random_;
    return summary() + ", chance at " + std::to_string(after.next());
}

}  // namespace nias::sim
