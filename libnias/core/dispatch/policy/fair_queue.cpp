#include "core/dispatch/policy/fair_queue.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/check.hpp"

namespace nias::core {
namespace {

constexpr std::size_t kIdleOwnersKept = 1024;
constexpr std::size_t kIdleLanesKept = 32;
constexpr double kLeastSeconds = 1e-4;             // an attempt too short to be measured is not free
constexpr double kMostSeconds = 31.0 * 24 * 3600;  // longer run times are not believed
constexpr double kAttemptsOfMean = 8;
constexpr double kHalfLivesMax = 64;  // then the weights begin again, long before a double is full

LaneKey key_of(const TaskSpec& spec, const ShortLane& lane) {
    return {-std::int64_t{spec.priority}, shape_of(spec, lane)};
}

/// Whether a task of one shape would use what a task of the other may lack.
bool competes(const Shape& shape, const Shape& other) {
    if (shape.claims_of_machine() && other.claims_of_machine()) { return true; }
    return std::any_of(shape.counted.begin(), shape.counted.end(), [&](const CountedResource& mine) {
        return std::any_of(other.counted.begin(), other.counted.end(),
                           [&](const CountedResource& its) { return its.name == mine.name; });
    });
}

double cpus_of(const Work& work) { return std::max(work.spec().resources.cpus, 1U); }

double seconds_of(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

FairQueue::FairQueue(Duration half_life, const ShortLane& short_lane)
    : half_life_s_(std::max(seconds_of(half_life), 1.0)), short_lane_(short_lane) {}

// Usage halves every half-life. Instead of halving that of every owner, the weight of new charges doubles, so
// that the order of the owners does not change with time.
double FairQueue::weight(Time now) {
    if (now <= weighed_) { return weight_; }
    double half_lives = seconds_of(now - weight_begins_) / half_life_s_;
    if (half_lives > kHalfLivesMax) {
        weigh_again(std::exp2(-half_lives));
        weight_begins_ = now;
        half_lives = 0;
    }
    weighed_ = now;
    weight_ = std::exp2(half_lives);
    return weight_;
}

void FairQueue::weigh_again(double factor) {
    turns_.clear();
    for (auto& [name, owner] : owners_) {
        owner.usage *= factor;
        owner.owed *= factor;
        if (owner.queued > 0) { owner.place = turns_.insert(&owner).first; }
    }
}

void FairQueue::charge(Owner& owner, double seconds, Time now) {
    const double weighed = seconds * weight(now);  // before `usage` is read, which weight() may scale
    owner.usage = std::max(0.0, owner.usage + weighed + std::exchange(owner.owed, 0));
    if (seconds > 0) { owner.turn = ++turn_; }
    if (owner.queued == 0 || turns_.size() == 1 || stands_right(owner)) { return; }
    owner.place = turns_.insert(turns_.end(), turns_.extract(owner.place));  // mostly the last one
}

// A correction of less than one attempt's seconds waits in `owed` until the owner is charged next, so that an
// owner whose tasks last as long as expected is not sorted anew with each end.
void FairQueue::correct(Owner& owner, double seconds, Time now) {
    const double weighed = seconds * weight(now);  // before `owed` is read, which weight() may scale
    owner.owed += weighed;
    if (owner.queued == 0 || std::abs(owner.owed) >= owner.expected_s * weight_) { charge(owner, 0, now); }
}

bool FairQueue::stands_right(const Owner& owner) const {
    const LessUsed less;
    if (owner.place != turns_.begin() && less(&owner, *std::prev(owner.place))) { return false; }
    const auto next = std::next(owner.place);
    return next == turns_.end() || less(&owner, *next);
}

void FairQueue::charge_actual(Work& work, std::uint64_t wall_ms, Time now) {
    const double seconds = std::clamp(static_cast<double>(wall_ms) / 1e3, kLeastSeconds, kMostSeconds);
    Owner& owner = owner_of(work);
    owner.expected_s += (seconds - owner.expected_s) / kAttemptsOfMean;
    correct(owner, seconds * cpus_of(work) - double{work.charged_s}, now);
    work.charged_s = 0;
}

void FairQueue::refund(Work& work, Time now) {
    correct(owner_of(work), -double{work.charged_s}, now);
    work.charged_s = 0;
}

double FairQueue::usage_of(const std::string& owner, Time now) {
    const double weighs = weight(now);
    const auto it = owners_.find(owner);
    return it == owners_.end() ? 0 : (it->second.usage + it->second.owed) / weighs;
}

Owner& FairQueue::owner_of(const std::string& name) {
    if (recent_ != nullptr && recent_->name == name) { return *recent_; }
    const auto it = owners_.find(name);
    if (it != owners_.end()) { return *(recent_ = &it->second); }
    if (owners_.size() > 2 * (turns_.size() + kIdleOwnersKept)) { forget_idle(); }
    recent_ = &owners_[name];
    recent_->name = name;
    recent_->held_back.owner = recent_;
    return *recent_;
}

Owner& FairQueue::owner_of(const Work& work) {
    return work.kind->lane_generation == lane_generation_ ? *work.kind->lane->owner : owner_of(work.owner());
}

Lane& FairQueue::lane_of(const Work& work) {
    if (work.kind->lane_generation == lane_generation_) { return *work.kind->lane; }
    Owner& owner = owner_of(work.owner());
    const auto [place, is_new] = owner.lanes.try_emplace(key_of(work.spec(), short_lane_));
    Lane& lane = place->second;
    if (is_new) {
        lane.owner = &owner;
        lane.key = place->first;
    }
    work.kind->lane = &lane;
    work.kind->lane_generation = lane_generation_;
    return lane;
}

void FairQueue::push(Work& work) {
    Lane& lane = lane_of(work);
    if (lane.works.empty() || lane.works.back()->order < work.order) {
        lane.works.push_back(work);
    } else {  // given back: older than those that wait, so its place is near the front
        Work* where = lane.works.front();
        while (where->order < work.order) { where = where->next; }
        lane.works.insert_before(where, work);
    }
    enter(work, lane);
}

void FairQueue::enter(Work& work, Lane& lane) {
    Owner& owner = *lane.owner;
    work.lane = &lane;
    if (owner.queued++ == 0) {
        owner.turn = ++turn_;
        owner.place = turns_.insert(&owner).first;
    }
    ++size_;
}

void FairQueue::hold_back(Work& work, Time until) {
    Lane& lane = owner_of(work).held_back;
    lane.works.push_back(work);
    work.make_past().held_until = until;
    held_back_.emplace(std::pair(until, work.order), &work);
    enter(work, lane);
}

void FairQueue::release_due(Time now) {
    while (!held_back_.empty() && held_back_.begin()->first.first <= now) {
        Work& work = *held_back_.begin()->second;
        remove(work);
        push(work);
    }
}

void FairQueue::remove(Work& work) {
    NIAS_CHECK(work.lane != nullptr, "a task that leaves the queue was in it");
    Lane& lane = *work.lane;
    Owner& owner = *lane.owner;
    if (lane.passed != 0 && lane.works.front() == &work) { forget_passed(lane); }
    lane.works.remove(work);
    work.lane = nullptr;
    --size_;
    if (&lane == &owner.held_back) {
        held_back_.erase({std::exchange(work.past->held_until, {}), work.order});
    } else if (lane.works.empty() && owner.lanes.size() > kIdleLanesKept) {
        drop(lane);
    }
    if (--owner.queued == 0) { turns_.erase(owner.place); }
}

void FairQueue::drop(Lane& lane) {
    ++lane_generation_;
    lane.owner->lanes.erase(LaneKey(lane.key));
}

void FairQueue::note_unfit(Lane& lane) {
    const bool counts = lane.passed == 0 && lane.key.shape.can_starve();
    if (counts && unfit_.size() < kLanesLooked) { unfit_.push_back(&lane); }
}

Lane* FairQueue::first_fitting(Owner& owner, const Fits& fits) {
    if (owner.lanes.size() == 1) {  // mostly: there is nothing to choose
        Lane& lane = owner.lanes.begin()->second;
        if (lane.works.empty() || fits(lane.key.shape)) { return lane.works.empty() ? nullptr : &lane; }
        note_unfit(lane);
        return nullptr;
    }
    Lane* best = nullptr;
    std::int64_t best_rank = 0;
    std::size_t looked = 0;
    const auto unfit_before = static_cast<std::ptrdiff_t>(unfit_.size());
    for (auto& [key, lane] : owner.lanes) {
        if (lane.works.empty()) { continue; }
        if (best != nullptr && key.rank != best_rank) { break; }
        if (++looked > kLanesLooked) { break; }
        if (best != nullptr && best->works.front()->order < lane.works.front()->order) { continue; }
        if (!fits(key.shape)) {
            note_unfit(lane);
            continue;
        }
        best = &lane;
        best_rank = key.rank;
    }
    const auto comes_later = [&](const Lane* lane) {
        return best != nullptr && lane->key.rank == best_rank &&
               best->works.front()->order < lane->works.front()->order;
    };
    unfit_.erase(std::remove_if(unfit_.begin() + unfit_before, unfit_.end(), comes_later), unfit_.end());
    return best;
}

void FairQueue::pass(Lane& lane, Time now) {
    lane.passed_since = now;
    lane.passed = ++last_passed_;
    passed_.emplace(lane.passed, &lane);
}

void FairQueue::forget_passed(Lane& lane) {
    passed_.erase(lane.passed);
    lane.passed = 0;
}

std::vector<const Lane*> FairQueue::passed_since(Time before) const {
    std::vector<const Lane*> lanes;
    for (const auto& [number, lane] : passed_) {
        if (lane->passed_since > before || lanes.size() >= kLanesLooked) { break; }
        lanes.push_back(lane);
    }
    return lanes;
}

void FairQueue::pass_again(const Lane& lane, Time now) {
    Lane& mine = *passed_.at(lane.passed);
    forget_passed(mine);
    pass(mine, now);
}

// Prefetches the payload of `taken`, and the links and hot fields of the task two places behind it, because a
// long queue is never in the cache (decision 0005).
void FairQueue::prefetch_next(const Work& taken, const Work* behind) {
    constexpr std::size_t kLine = 64;
    constexpr int kAhead = 2;
    const auto payload = taken.payload.bytes();
    for (std::size_t at = 0; at < std::min(payload.size(), 2 * kLine); at += kLine) {
        __builtin_prefetch(payload.data() + at);
    }
    for (int i = 1; i < kAhead && behind != nullptr; ++i) { behind = behind->next; }
    if (behind == nullptr) { return; }
    const auto* next = reinterpret_cast<const char*>(behind);
    for (std::size_t at = 0; at < Work::kHotBytes; at += kLine) { __builtin_prefetch(next + at, 1); }
    if (behind->next != nullptr) { __builtin_prefetch(&behind->next->prev, 1); }
}

Work* FairQueue::dequeue(const Fits& fits, Time now) {
    unfit_.clear();
    for (Owner* owner : turns_) {
        Lane* lane = first_fitting(*owner, fits);
        if (lane == nullptr) { continue; }
        for (Lane* before : unfit_) {
            if (competes(before->key.shape, lane->key.shape)) { pass(*before, now); }
        }
        Work* work = lane->works.front();
        const Work* behind = work->next;
        remove(*work);
        prefetch_next(*work, behind);
        charge_for(*work, *owner, now);
        return work;
    }
    return nullptr;
}

void FairQueue::dequeue(Work& work, Time now) {
    NIAS_CHECK(work.lane != nullptr, "only a queued task is dequeued");
    Owner& owner = *work.lane->owner;
    remove(work);
    charge_for(work, owner, now);
}

void FairQueue::charge_for(Work& work, Owner& owner, Time now) {
    work.charged_s = static_cast<float>(owner.expected_s * cpus_of(work));
    charge(owner, double{work.charged_s}, now);
}

std::uint64_t FairQueue::queued_of(const std::string& owner) const {
    if (recent_ != nullptr && recent_->name == owner) { return recent_->queued; }
    const auto it = owners_.find(owner);
    return it == owners_.end() ? 0 : it->second.queued;
}

FairQueue::Ahead FairQueue::ahead_of(const Work& work, const Fits& counts) const {
    NIAS_CHECK(work.lane != nullptr, "only a queued task has others before it");
    const Owner& mine = *work.lane->owner;
    Ahead ahead;
    std::size_t counted = 0;
    for (const auto& [key, lane] : mine.lanes) {
        if (key.rank > work.lane->key.rank) { break; }
        if (counts && !counts(key.shape)) { continue; }
        if (key.rank < work.lane->key.rank) {
            ahead.tasks += lane.works.size();
            continue;
        }
        const Work* other = lane.works.front();
        while (other != nullptr && other->order < work.order && counted < kAheadCounted) {
            other = other->next;
            ++counted;
        }
        ahead.more = ahead.more || (other != nullptr && other->order < work.order);
    }
    ahead.tasks += counted;
    ahead.owners = ahead.tasks > 0 ? 1 : 0;
    for (const Owner* owner : turns_) {
        if (owner == &mine) { break; }
        std::size_t theirs = counts ? 0 : owner->queued - owner->held_back.works.size();
        for (const auto& [key, lane] : owner->lanes) {
            if (!counts) { break; }
            theirs += counts(key.shape) ? lane.works.size() : 0;
        }
        ahead.tasks += theirs;
        ahead.owners += theirs > 0 ? 1U : 0U;
    }
    return ahead;
}

void FairQueue::forget_idle() {
    recent_ = nullptr;
    ++lane_generation_;
    std::vector<Owner*> idle;
    for (auto& [name, owner] : owners_) {
        if (owner.queued == 0) { idle.push_back(&owner); }
    }
    if (idle.size() <= kIdleOwnersKept) { return; }
    const auto first_forgotten = idle.begin() + std::ptrdiff_t{kIdleOwnersKept};
    std::nth_element(idle.begin(), first_forgotten, idle.end(),
                     [](const Owner* a, const Owner* b) { return a->usage > b->usage; });
    for (auto it = first_forgotten; it != idle.end(); ++it) { owners_.erase(std::string((*it)->name)); }
}

namespace {

void check_lane(const Lane& lane) {
    const Work* before = nullptr;
    for (const Work* work = lane.works.front(); work != nullptr; work = work->next) {
        NIAS_CHECK(work->state == TaskState::queued, "every task of the queue is queued");
        NIAS_CHECK(work->lane == &lane && work->machine == nullptr, "a queued task is nowhere else");
        NIAS_CHECK(before == nullptr || before->order < work->order, "a lane keeps submission order");
        before = work;
    }
}

}  // namespace

void FairQueue::check_invariants() const {
    std::size_t total = 0;
    std::size_t waiting = 0;
    std::size_t passed = 0;
    std::size_t held_back = 0;
    for (const auto& [name, owner] : owners_) {
        std::size_t mine = owner.held_back.works.size();
        held_back += mine;
        for (const auto& [key, lane] : owner.lanes) {
            mine += lane.works.size();
            passed += lane.passed != 0 ? 1U : 0U;
            check_lane(lane);
        }
        NIAS_CHECK(mine == owner.queued, "an owner's count is the sum of its lanes");
        NIAS_CHECK(owner.usage >= 0 && std::isfinite(owner.usage), "usage is a number of seconds");
        NIAS_CHECK(mine == 0 || *owner.place == &owner, "an owner with queued tasks has a place");
        waiting += mine > 0 ? 1U : 0U;
        total += mine;
    }
    NIAS_CHECK(waiting == turns_.size() && std::is_sorted(turns_.begin(), turns_.end(), LessUsed()),
               "owners with queued tasks stand in the order of their usage");
    for (const auto& [number, lane] : passed_) {
        NIAS_CHECK(lane->passed == number && !lane->works.empty(), "who is passed waits in a lane");
    }
    NIAS_CHECK(passed == passed_.size(), "a lane that is passed has its number");
    for (const auto& [key, work] : held_back_) {
        NIAS_CHECK(work->held_until() == key.first && work->lane == &work->lane->owner->held_back,
                   "a task that is held back is released at its time");
    }
    NIAS_CHECK(held_back == held_back_.size(), "every task that is held back is released once");
    NIAS_CHECK(total == size_, "the queue's size is the sum of its owners");
}

}  // namespace nias::core
