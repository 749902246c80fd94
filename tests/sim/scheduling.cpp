#include <algorithm>

#include "world.hpp"

namespace nias::sim {
namespace {

constexpr std::uint64_t kMemory = 8;  // memory of each worker; the large task asks for all
constexpr std::size_t kCrowd = 12;    // small tasks that wait or run at any time
// Nothing fails any more. The longest attempt takes 40 s, and a task may need four.
constexpr std::int64_t kLargeEndsWithinMs = 5 * 60 * 1000;

TaskId drawn_id(Random& random) {
    TaskId id;
    for (auto& byte : id.bytes) { byte = static_cast<std::uint8_t>(random.next()); }
    return id;
}

}  // namespace

void World::draw_scheduling() {
    Random& random = scheduling_random_;
    const auto seats = static_cast<std::uint32_t>(random.between(1, 3));
    dispatch_options_.resources = {{"seats", seats}, {"scope", 1}};
    dispatch_options_.short_lane.percent = static_cast<std::uint32_t>(25 * random.between(0, 2));
    dispatch_options_.starve_after = std::chrono::seconds(random.between(1, 20));
    if (random.chance(0.3)) { dispatch_options_.max_queued_per_owner = 6; }
    if (random.chance(0.3)) { soft_left_out_ = 0.95; }
    for (WorkerNode& node : workers_) { node.options.memory_bytes = kMemory; }
    const double seated = random.chance(0.5) ? 0.8 : 0.2;
    const double limited = random.chance(0.3) ? 0.9 : 0.3;
    for (Wish& wish : wishes_) {
        TaskSpec& spec = wish.task.spec;
        if (random.chance(seated)) {
            const auto asked = static_cast<std::uint32_t>(random.between(1, seats));
            spec.resources.counted = {{"seats", asked}};
            if (random.chance(0.3)) { spec.resources.counted = {{"scope", 1}, {"seats", asked}}; }
        }
        if (random.chance(limited)) { spec.time_limit_ms = random.chance(0.5) ? 3'600'000 : 60'000; }
        if (random.chance(0.1)) { spec.resources.memory_bytes = 1 + random.next() % kMemory; }
    }
    // The resources of an attempt have to outlive ventilators that are soon back.
    for (std::int64_t restarts = random.between(0, 40); restarts > 0; --restarts) {
        const std::int64_t down_ms = random.between(1, 1'000);
        after(random.between(0, weather_.faults_until_ms), [this, down_ms] { crash_ventilator(down_ms); });
    }
    has_crowd_ = random.chance(0.25);
    if (!has_crowd_) { return; }
    dispatch_options_.max_queued = 1'000;
    dispatch_options_.max_queued_per_owner = 0;
}

// When all else has ended: one task that needs all of a machine's memory, and others that would take each
// part of it that is given back.
void World::begin_crowd() {
    if (!std::all_of(wishes_.begin(), wishes_.end(), [](const Wish& wish) { return wish.ended; })) {
        after(1'000, [this] { begin_crowd(); });
        return;
    }
    Wish large;
    large.task.id = drawn_id(scheduling_random_);
    large.task.owner = "crowd";  // and theirs: its turn does not depend on what it used
    large.task.spec.resources.memory_bytes = kMemory;
    large_ = wishes_.size();
    large_ends_by_ = clock_ + kLargeEndsWithinMs;
    wish_of_[large.task.id] = large_;
    wishes_.push_back(std::move(large));
    submit(wishes_.back());
    every(100, [this] { crowd(); });
}

void World::crowd() {
    if (wishes_[large_].ended) { return; }
    if (clock_ > large_ends_by_) {
        const auto why =
            dispatch_ == nullptr ? std::nullopt : dispatch_->explain(wishes_[large_].task.id, now());
        throw Broken("a large task was starved: " + why.value_or("it is not known"));
    }
    const auto begun = wishes_.begin() + static_cast<std::ptrdiff_t>(large_) + 1;
    auto alive = std::count_if(begun, wishes_.end(), [](const Wish& wish) { return !wish.ended; });
    for (; alive < static_cast<std::ptrdiff_t>(kCrowd); ++alive) {
        Wish small;
        small.task.id = drawn_id(scheduling_random_);
        small.task.owner = "crowd";
        small.task.spec.resources.memory_bytes = kMemory / 4;
        wish_of_[small.task.id] = wishes_.size();
        wishes_.push_back(std::move(small));
        submit(wishes_.back());
    }
}

void World::look_at_what_runs(const WorkerNode& node) {
    const auto running_on = [](const WorkerNode& one, std::vector<const Task*>& running) {
        for (const auto& [attempt, task] : one.running) { running.push_back(&task); }
    };
    std::vector<const Task*> all;
    for (const WorkerNode& one : workers_) { running_on(one, all); }
    checkers_.counted_within(rows_, all, dispatch_options_.resources);
    // A Hello that came late to a ventilator that started again hides what the worker has been given since.
    if (ventilator_life_ > 1) { return; }
    std::vector<const Task*> here;
    running_on(node, here);
    checkers_.lane_within(rows_, here, dispatch_options_.short_lane, node.options.slots);
}

}  // namespace nias::sim
