#include "core/fair_queue.hpp"

#include "base/check.hpp"

namespace nias::core {
namespace {

constexpr std::size_t kIdleOwnersKept = 1024;
constexpr std::size_t kIdleLanesKept = 32;

LaneKey key_of(const Task& task) {
    LaneKey key{-std::int64_t{task.spec.priority}, {task.spec.runtime, 0, 0, 0}};
    const Resources& resources = task.spec.resources;
    if (claims(resources)) {
        key.shape.cpus = resources.cpus;
        key.shape.gpus = resources.gpus;
        key.shape.memory_bytes = resources.memory_bytes;
    }
    return key;
}

}  // namespace

/// Neighbours are mostly alike: one comparison instead of two searches.
Lane& FairQueue::lane_of(const Task& task) {
    const auto claims_nothing = [](const Shape& shape) {
        return shape.cpus == 0 && shape.gpus == 0 && shape.memory_bytes == 0;
    };
    if (last_ != nullptr && !claims(task.spec.resources) && task.owner == last_->owner->name &&
        task.spec.priority == -last_->key.rank && task.spec.runtime == last_->key.shape.runtime &&
        claims_nothing(last_->key.shape)) {
        return *last_;
    }
    Owner& owner = owners_[task.owner];
    owner.name = task.owner;
    Lane& lane = owner.lanes[key_of(task)];
    lane.owner = &owner;
    lane.key = key_of(task);
    last_ = &lane;
    return lane;
}

void FairQueue::push(Work& work) {
    Lane& lane = lane_of(work.task);
    Owner& owner = *lane.owner;
    work.lane = &lane;
    if (lane.works.empty() || lane.works.back()->order < work.order) {
        lane.works.push_back(work);
    } else {  // given back: older than those that wait, so its place is near the front
        Work* where = lane.works.front();
        while (where->order < work.order) { where = where->next; }
        lane.works.insert_before(where, work);
    }
    if (owner.queued++ == 0) { turns_.push_back(owner); }
    ++size_;
    if (owners_.size() > 2 * (turns_.size() + kIdleOwnersKept)) { forget_idle(); }
}

void FairQueue::remove(Work& work) {
    NIAS_CHECK(work.lane != nullptr, "a task that leaves the queue was in it");
    Lane& lane = *work.lane;
    Owner& owner = *lane.owner;
    lane.works.remove(work);
    work.lane = nullptr;
    --size_;
    if (lane.works.empty() && owner.lanes.size() > kIdleLanesKept) { drop(lane); }
    if (--owner.queued == 0) { turns_.remove(owner); }
}

void FairQueue::drop(Lane& lane) {
    if (last_ == &lane) { last_ = nullptr; }
    lane.owner->lanes.erase(LaneKey(lane.key));
}

Lane* FairQueue::first_fitting(Owner& owner, const Fits& fits) {
    Lane* best = nullptr;
    std::int64_t best_rank = 0;
    std::size_t looked = 0;
    for (auto& [key, lane] : owner.lanes) {
        if (lane.works.empty()) { continue; }
        if (best != nullptr && key.rank != best_rank) { break; }
        if (++looked > kLanesLooked) { break; }
        if (best != nullptr && best->works.front()->order < lane.works.front()->order) { continue; }
        if (!fits(key.shape)) { continue; }
        best = &lane;
        best_rank = key.rank;
    }
    return best;
}

Work* FairQueue::take(const Fits& fits) {
    for (Owner* owner = turns_.front(); owner != nullptr; owner = owner->next) {
        Lane* lane = first_fitting(*owner, fits);
        if (lane == nullptr) { continue; }
        Work* work = lane->works.front();
        const bool more = owner->queued > 1;
        remove(*work);
        if (more) {
            turns_.remove(*owner);
            turns_.push_back(*owner);
        }
        return work;
    }
    return nullptr;
}

void FairQueue::forget_idle() {
    last_ = nullptr;
    for (auto it = owners_.begin(); it != owners_.end();) {
        it = it->second.queued == 0 ? owners_.erase(it) : std::next(it);
    }
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
    for (const auto& [name, owner] : owners_) {
        std::size_t mine = 0;
        for (const auto& [key, lane] : owner.lanes) {
            mine += lane.works.size();
            check_lane(lane);
        }
        NIAS_CHECK(mine == owner.queued, "an owner's count is the sum of its lanes");
        total += mine;
    }
    NIAS_CHECK(total == size_, "the queue's size is the sum of its owners");
}

}  // namespace nias::core
