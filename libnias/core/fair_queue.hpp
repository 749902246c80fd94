/// The queued tasks: owners take turns, the least recently served first; within an owner priority, then
/// submission order. Tasks of one shape share a lane, so that those that fit nowhere cost one look.
/// Part of dispatch; does not own the tasks.
#pragma once

#include <compare>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>

#include "core/containers/chain.hpp"
#include "core/work.hpp"

namespace nias::core {

struct Owner;

struct LaneKey {
    std::int64_t rank = 0;  ///< minus priority: the most urgent sorts first
    Shape shape;            ///< of tasks that claim nothing: the runtime alone
    auto operator<=>(const LaneKey&) const = default;
};

/// Queued tasks of one owner, priority and shape, in submission order.
struct Lane {
    Owner* owner = nullptr;
    LaneKey key;
    Chain<Work> works;
};

struct Owner {
    std::string name;
    std::map<LaneKey, Lane> lanes;
    std::size_t queued = 0;
    Owner* prev = nullptr;
    Owner* next = nullptr;
};

class FairQueue {
public:
    using Fits = std::function<bool(const Shape&)>;

    FairQueue() = default;
    FairQueue(const FairQueue&) = delete;
    FairQueue& operator=(const FairQueue&) = delete;

    void push(Work& work);
    void remove(Work& work);
    /// The next task in turn that fits, removed; null when none does. Looks at kLanesLooked lanes an owner.
    [[nodiscard]] Work* take(const Fits& fits);
    [[nodiscard]] std::uint64_t size() const { return size_; }
    void check_invariants() const;

    static constexpr std::size_t kLanesLooked = 64;

private:
    static Lane* first_fitting(Owner& owner, const Fits& fits);
    Lane& lane_of(const Task& task);
    void drop(Lane& lane);
    void forget_idle();

    std::unordered_map<std::string, Owner> owners_;
    Chain<Owner> turns_;    ///< owners with queued tasks, the least recently served first
    Lane* last_ = nullptr;  ///< of the last push
    std::uint64_t size_ = 0;
};

}  // namespace nias::core
