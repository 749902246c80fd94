// A group of tasks that its program cancels as a whole, some of whose members are submitted only later.
#include <algorithm>

#include "world.hpp"

namespace nias::sim {
namespace {

constexpr std::int64_t kCalmMs = 60'000;        // after the faults: whoever was down is up again
constexpr std::int64_t kEndsWithinMs = 10'000;  // a cancelled task in calm: a repeated Cancel, and a few hops

}  // namespace

void World::draw_group() {
    for (auto& byte : group_.bytes) { byte = static_cast<std::uint8_t>(group_random_.next()); }
    group_ = group_.member(0xffffffff);
    const auto all = static_cast<std::int64_t>(wishes_.size());
    const auto size = static_cast<std::uint32_t>(group_random_.between(5, std::min<std::int64_t>(all, 40)));
    const std::uint32_t late = group_random_.chance(0.5) ? size / 2 : 0;
    for (std::uint32_t index = 0; index < size; ++index) {
        Wish& wish = wishes_[index];
        wish_of_.erase(wish.task.id);
        wish.task.id = group_.member(index);
        wish.task.group = group_;
        wish.task.group_size = size;
        wish.is_late = index >= size - late;
        wish_of_[wish.task.id] = index;
    }
}

void World::plan_group() {
    if (group_ == TaskId{}) { return; }
    after(group_random_.between(500, weather_.faults_until_ms), [this] {
        group_is_cancelled_ = true;
        cancel_group();
    });
    for (const Wish& wish : wishes_) {
        if (!wish.is_late) { continue; }
        after(weather_.faults_until_ms + kCalmMs + group_random_.between(0, 5'000),
              [this, id = wish.task.id] { submit(wish_named(id)); });
    }
}

/// The program cancels its group, again after it has crashed, until every member has ended.
void World::cancel_group() {
    const bool lives = std::any_of(wishes_.begin(), wishes_.end(), [this](const Wish& wish) {
        return wish.task.group == group_ && !wish.ended;
    });
    if (!group_is_cancelled_ || !lives) { return submit_->forget_group(group_); }
    if (!submit_->cancel_group(group_)) { throw Broken("a group was not cancelled"); }
}

/// The ventilator has heard that a group is cancelled.
void World::note_cancelled(const TaskId& group) {
    for (const Wish& wish : wishes_) {
        if (wish.task.group == group && dispatch_->row_of(wish.task.id)) {
            checkers_.cancelled(wish.task.id);
        }
    }
}

// A member that is accepted after its group was cancelled is reached by a later Cancel.
void World::look_for_its_end(const Wish& wish) {
    const bool is_calm = clock_ >= weather_.faults_until_ms + kCalmMs;
    if (wish.task.group != group_ || !group_is_cancelled_ || !is_calm) { return; }
    after(kEndsWithinMs, [this, id = wish.task.id] {
        if (!wish_named(id).ended) { throw Broken("a member of a cancelled group goes on"); }
    });
}

}  // namespace nias::sim
