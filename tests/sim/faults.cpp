#include "world.hpp"

#include <algorithm>

namespace nias::sim {

Weather weather_of(Random& random) {
    Weather weather;
    weather.loss = random.chance(0.2) ? 0 : 0.001 * static_cast<double>(random.between(0, 120));
    weather.twice = random.chance(0.3) ? 0 : 0.001 * static_cast<double>(random.between(0, 80));
    weather.crash_in_step = random.chance(0.5) ? 0 : 0.0001 * static_cast<double>(random.between(1, 60));
    weather.round_goes_on = random.chance(0.4) ? 0 : 0.01 * static_cast<double>(random.between(1, 95));
    weather.ordered = random.chance(0.75);
    weather.delay_ms = random.between(1, 400);
    weather.faults_until_ms = random.between(5'000, 60'000);
    return weather;
}

void World::plan_faults() {
    const std::int64_t count = random_.between(0, 60);
    for (std::int64_t i = 0; i < count; ++i) {
        after(random_.between(0, weather_.faults_until_ms), [this] { fault(); });
    }
    if (disks_ == Disks::slow) {
        const std::int64_t slow = disk_random_.between(1, 12);
        for (std::int64_t i = 0; i < slow; ++i) {
            after(disk_random_.between(0, weather_.faults_until_ms), [this] {
                std::int64_t& until = disk_random_.chance(0.7) ? ledger_slow_until_ : results_slow_until_;
                until = clock_ + disk_random_.between(1, 10'000);
            });
        }
    }
    const std::int64_t jumps = clock_random_.between(0, 20);
    for (std::int64_t i = 0; i < jumps; ++i) {
        after(clock_random_.between(0, weather_.faults_until_ms), [this] { set_a_clock(); });
    }
}

// By as much as a day, or to a time long before the epoch of everything: both ways.
void World::set_a_clock() {
    const std::int64_t most = clock_random_.chance(0.2) ? 4'000'000'000'000 : 86'400'000;
    const std::int64_t error = clock_random_.between(-most, most);
    if (clocks_ == WallClocks::jump) { clock_error_ = error; }
}

/// 0: it is done at once. Some take longer than a lease.
std::int64_t World::commit_takes_ms(std::int64_t slow_until) {
    if (clock_ >= slow_until || disk_random_.chance(0.3)) { return 0; }
    ++slow_commits_;
    return disk_random_.between(1, disk_random_.chance(0.1) ? 25'000 : 3'000);
}

void World::cut(bool& link, std::int64_t for_ms) {
    link = false;
    after(for_ms, [&link] { link = true; });
}

// Messages sent meanwhile are not lost: they come late, all at once and in order, as out of a socket's
// buffer.
void World::stall(const std::string& link, std::int64_t for_ms) {
    auto& busy = link_busy_until_[link];
    busy = std::max(busy, clock_ + for_ms);
}

void World::fail_a_link(WorkerNode& node) {
    const std::int64_t lasts = random_.between(1, 40'000);  // some are longer than a lease
    switch (random_.between(0, 7)) {
        case 0: cut(node.hears, lasts); break;  // half open: either side may believe that all is well
        case 1: cut(node.speaks, lasts); break;
        case 2: cut(node.reports, lasts); break;
        case 3: stall("to " + node.peer(), lasts); break;
        case 4: stall("from " + node.peer(), lasts); break;
        case 5: cut(sink_speaks_, lasts); break;
        case 6: cut(front_hears_, lasts); break;
        default: cut(front_speaks_, lasts); break;
    }
}

// The end of an orderly stop: it says goodbye, which may be lost, and its next life knows of the stop where
// it has a disk.
void World::stop_worker(std::size_t index) {
    WorkerNode& node = workers_[index];
    if (node.core == nullptr) { return; }
    const bool has_clone = workers_.size() > machines_;
    for (const auto& [attempt, task] : node.running) {
        if (node.durable && !has_clone) { checkers_.cut_short(attempt); }
    }
    core::ExecuteEffects effects;
    node.core->leave("it was stopped", now(), effects);
    for (wire::Message& message : effects.sends) { from_worker(index, std::move(message)); }
    const bool durable = node.durable;
    crash_worker(index, random_.between(1, 3'000));
    node.options.was_stopped = durable;
}

void World::fault() {
    const auto index = static_cast<std::size_t>(random_.between(0, static_cast<std::int64_t>(machines_) - 1));
    WorkerNode& node = workers_[index];
    switch (random_.between(0, 12)) {
        case 0: crash_ventilator(random_.between(1, random_.chance(0.3) ? 30'000 : 2'000)); break;
        case 1:
            sink_up_ = false;
            ++sink_life_;
            sink_stands_until_ = 0;
            settle_ = {};
            after(random_.between(1, 10'000), [this] { sink_up_ = true; });
            break;
        case 2:
        case 3: crash_worker(index, random_.between(1, random_.chance(0.3) ? 30'000 : 2'000)); break;
        case 4: {  // a partition that heals; the connection is a new one, or goes on as if nothing had been
            const std::int64_t lasts = random_.between(1, 25'000);
            const bool reconnects = random_.chance(0.5);
            for (bool* link : {&node.hears, &node.speaks, &node.reports}) { cut(*link, lasts); }
            after(lasts, [this, index, reconnects] { workers_[index].connection += reconnects ? 1U : 0U; });
            break;
        }
        case 5: ledger_full_until_ = clock_ + random_.between(1, 8'000); break;
        case 6: results_full_until_ = clock_ + random_.between(1, 15'000); break;
        case 7: drain_worker(index, random_.between(1, 10'000)); break;
        case 8:
        case 9:
        case 10: fail_a_link(node); break;
        case 11:
            if (index > 0 &&
                random_.chance(0.3)) {  // the first worker can run everything, so the run can end
                crash_worker(index, 0);
                node.gone = true;
            }
            break;
        default: ++node.connection; break;  // what was on its way is gone
    }
}

}  // namespace nias::sim
