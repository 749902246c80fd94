/// THE POLICY: whose task goes next. The owner with the least recent usage (cpu-seconds, halved every
/// half-life); within an owner priority, then submission order. Tasks of one shape share a lane, so that
/// those that fit nowhere cost one look. Part of dispatch; does not own the tasks.
#pragma once

#include <compare>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock_types.hpp"
#include "core/containers/chain.hpp"
#include "core/dispatch/work.hpp"

namespace nias::core {

struct Owner;

struct LaneKey {
    std::int64_t rank = 0;  ///< minus priority: the most urgent sorts first
    Shape shape;
    auto operator<=>(const LaneKey&) const = default;
};

/// Queued tasks of one owner, priority and shape, in submission order.
struct Lane {
    Owner* owner = nullptr;
    LaneKey key;
    Chain<Work> works;
    Time passed_since;         ///< when another task first passed `works.front()`
    std::uint64_t passed = 0;  ///< key of this lane in `passed_`; 0 while it is not in there
};

struct LessUsed {
    bool operator()(const Owner* a, const Owner* b) const noexcept;  ///< defined below Owner
};

struct Owner {
    std::string name;
    std::map<LaneKey, Lane> lanes;
    std::size_t queued = 0;
    double usage = 0;        ///< cpu-seconds, each times the queue's weight when it was charged
    double owed = 0;         ///< used beyond the charges, and added to `usage` later
    double expected_s = 1;   ///< seconds of an attempt: a mean of the last ones
    std::uint64_t turn = 0;  ///< raised when served; decides between equal usages
    std::set<Owner*, LessUsed>::iterator place;  ///< place in `turns_` while tasks are queued
    Lane held_back;                              ///< tasks whose time has not come, in no order
};

inline bool LessUsed::operator()(const Owner* a, const Owner* b) const noexcept {
    return a->usage != b->usage ? a->usage < b->usage : a->turn < b->turn;
}

class FairQueue {
public:
    using Fits = std::function<bool(const Shape&)>;

    explicit FairQueue(Duration half_life, const ShortLane& short_lane = {});
    FairQueue(const FairQueue&) = delete;
    FairQueue& operator=(const FairQueue&) = delete;

    void push(Work& work);
    /// Adds a task that is not to be given out before `until`. It counts as queued meanwhile.
    void hold_back(Work& work, Time until);
    /// Puts the tasks whose time has come into their places.
    void release_due(Time now);
    void remove(Work& work);
    /// The next task in turn that fits, removed; null when none does. Looks at kLanesLooked lanes an owner.
    /// Its owner is charged what the owner's attempts last took, so that nobody takes every worker before
    /// the first outcome.
    [[nodiscard]] Work* dequeue(const Fits& fits, Time now);
    /// Removes this task out of its turn, and charges its owner as the other dequeue() does.
    void dequeue(Work& work, Time now);
    /// Lanes whose first task has been passed since `before` or earlier: it did not fit when it was its turn,
    /// and a task behind it got some of what it lacks. The lane that has been passed for longest comes first;
    /// at most kLanesLooked.
    [[nodiscard]] std::vector<const Lane*> passed_since(Time before) const;
    /// The time for which this lane has been passed begins at `now`.
    void pass_again(const Lane& lane, Time now);
    /// An attempt has ended. Its owner is charged what it used, in place of what was expected.
    void charge_actual(Work& work, std::uint64_t wall_ms, Time now);
    /// An attempt never began. Its owner is charged nothing for it.
    void refund(Work& work, Time now);
    /// The owner's usage as it counts at this time, in cpu-seconds.
    [[nodiscard]] double usage_of(const std::string& owner, Time now);
    /// Counts the tasks that go before a queued one: of its own owner, and of owners who used less.
    struct Ahead {
        std::uint64_t tasks = 0;
        std::uint64_t owners = 0;  ///< number of owners of those tasks
        bool more = false;         ///< the count stopped at kAheadCounted of its own owner's
    };
    /// Counts the tasks whose shapes `counts` is true of; all of them where it is empty.
    [[nodiscard]] Ahead ahead_of(const Work& work, const Fits& counts = {}) const;
    /// The first tasks in turn whose shapes fit, at most `most`, as dequeue() would give them out one after
    /// another: each charged to its owner as expected. They stay in the queue. Looks at kLanesLooked lanes of
    /// each of the first owners.
    [[nodiscard]] std::vector<const Work*> upcoming(std::size_t most, const Fits& fits) const;
    [[nodiscard]] std::uint64_t queued_of(const std::string& owner) const;
    [[nodiscard]] std::uint64_t size() const { return size_; }
    void check_invariants() const;

    static constexpr std::size_t kLanesLooked = 64;
    static constexpr std::size_t kAheadCounted = 1'000;

private:
    void enter(Work& work, Lane& lane);
    static void prefetch_next(const Work& taken, const Work* behind);
    void note_unfit(Lane& lane);
    Lane* first_fitting(Owner& owner, const Fits& fits);
    void charge_for(Work& work, Owner& owner, Time now);
    void pass(Lane& lane, Time now);
    void forget_passed(Lane& lane);
    Owner& owner_of(const std::string& name);
    Owner& owner_of(const Work& work);
    Lane& lane_of(const Work& work);
    void drop(Lane& lane);
    void forget_idle();
    double weight(Time now);
    void weigh_again(double factor);
    void charge(Owner& owner, double seconds, Time now);
    void correct(Owner& owner, double seconds, Time now);
    [[nodiscard]] bool stands_right(const Owner& owner) const;

    double half_life_s_;
    ShortLane short_lane_;
    Time weight_begins_;  ///< time at which one second weighs one
    Time weighed_;        ///< `weight_` is of this time
    double weight_ = 1;   ///< doubles each half-life, so that older charges halve
    std::uint64_t turn_ = 0;
    std::unordered_map<std::string, Owner> owners_;
    std::set<Owner*, LessUsed> turns_;       ///< owners with queued tasks, the least usage first
    std::map<std::uint64_t, Lane*> passed_;  ///< keyed by Lane::passed, longest passed first
    std::uint64_t last_passed_ = 0;
    /// Tasks that are held back, keyed by Past::held_until and Work::order.
    std::map<std::pair<Time, std::uint64_t>, Work*> held_back_;
    std::vector<Lane*> unfit_;  ///< lanes that dequeue() looked at in vain, at most kLanesLooked
    Owner* recent_ = nullptr;   ///< the owner looked up last, often the next one too
    /// Raised when a lane or an owner is dropped: then no Kind's pointer to its lane may be used.
    std::uint64_t lane_generation_ = 1;
    std::uint64_t size_ = 0;
};

}  // namespace nias::core
