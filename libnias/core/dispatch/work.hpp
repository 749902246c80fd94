/// A living task in dispatch: the task, where it stands, and its place in the one chain that holds it
/// (its owner's queue, its worker's attempts, or those that wait for a worker after a restart).
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nias/task.hpp>

#include "base/clock_types.hpp"
#include "core/dispatch/book/clients.hpp"
#include "core/dispatch/book/kinds.hpp"
#include "core/dispatch/book/payload.hpp"
#include "core/dispatch/policy/short_lane.hpp"

namespace nias::core {

struct WorkerLink;
struct Lane;

/// A worker that came back with an earlier attempt of a task, while a later one is asked back from another.
struct Claim {
    std::string worker;
    std::uint64_t incarnation = 0;
    Attempt attempt = 0;
    std::uint32_t ran_s = 0;  ///< as in wire::Hello
};

/// The part of a task that few tasks have: those that lost or failed an attempt, and those that had a worker
/// when the ventilator was started again.
struct Past {
    static constexpr std::size_t kOpenMax = 8;

    std::string history;          ///< a line for each infrastructure fault, and for each failure
    std::uint32_t failures = 0;   ///< outcomes `failed` after which it was queued again
    std::string recorded_worker;  ///< the worker that the ledger named
    /// Numbers below the current one whose attempts were lost from sight and may still run, oldest first.
    /// None is left once a later attempt is known to have begun: then these are fenced off. The ledger keeps
    /// them too, so that a worker may come back to a ventilator that was started meanwhile.
    std::vector<Attempt> open;
    Attempt issued = 0;  ///< the highest number given to a worker, where that is over the current one
    Claim claim;         ///< a claim of one of `open`; without a worker's name there is none
    Time held_until{};   ///< while it is held back, the time of its release; else zero
    std::string lack;    ///< why it was held back last
};

/// A task that lives. A million of them may wait, so each byte here costs a MiB. All but the payload is
/// within the first kHotBytes, which are prefetched together.
struct Work {
    static constexpr std::size_t kHotBytes = 128;

    TaskId id;
    Kinds::Kind* kind = nullptr;  ///< what it has in common with others
    Clients::Client* client = nullptr;
    std::unique_ptr<Past> past;  ///< null for most tasks
    Attempt attempt = 1;         ///< the current one
    TaskState state = TaskState::queued;
    bool cancel_wanted : 1 = false;
    /// The task is queued, and a worker may have an attempt of the current number: the attempt was lost from
    /// sight, or the ledger may have missed that it was given out. Then the next one has another number.
    bool unsure : 1 = false;
    bool named : 1 = false;    ///< named by the Hello that is being read
    bool overdue : 1 = false;  ///< reported as running past its limit
    std::uint16_t faults = 0;  ///< attempts that count; fewer than max_attempts
    /// whole_seconds() of the time when its worker got it, began it, or came back with it.
    std::uint32_t since_s = 0;
    float charged_s = 0;            ///< cpu-seconds that its owner was charged when it was handed over
    std::uint64_t order = 0;        ///< place in the order of submission
    WorkerLink* machine = nullptr;  ///< holder of this task; null while queued
    Lane* lane = nullptr;           ///< queue that it stands in; null once taken
    Work* prev = nullptr;
    Work* next = nullptr;
    Payload payload;

    [[nodiscard]] const TaskId& key() const { return id; }
    void set_key(const TaskId& key) { id = key; }
    [[nodiscard]] AttemptRef ref() const { return {id, attempt}; }
    [[nodiscard]] const std::string& owner() const { return kind->shared.owner; }
    [[nodiscard]] const TaskId& group() const { return kind->shared.group; }
    [[nodiscard]] const TaskSpec& spec() const { return kind->shared.spec; }
    [[nodiscard]] wire::TaskParts parts() const { return {&id, payload.bytes(), &kind->shared, attempt}; }
    [[nodiscard]] std::string_view history() const {
        return past == nullptr ? std::string_view() : std::string_view(past->history);
    }
    /// The time before which it is not given out; zero where it is not held back.
    [[nodiscard]] Time held_until() const { return past == nullptr ? Time{} : past->held_until; }
    [[nodiscard]] const std::string& request() const { return kind->shared.request; }
    [[nodiscard]] std::uint32_t failures() const { return past == nullptr ? 0 : past->failures; }
    [[nodiscard]] std::string_view recorded_worker() const {
        return past == nullptr ? std::string_view() : std::string_view(past->recorded_worker);
    }
    [[nodiscard]] Past& make_past() {
        if (past == nullptr) { past = std::make_unique<Past>(); }
        return *past;
    }
    void forget_recorded_worker() {
        if (past != nullptr) { past->recorded_worker.clear(); }
    }
    [[nodiscard]] Attempt issued() const {
        return past == nullptr || past->issued < attempt ? attempt : past->issued;
    }
    /// A number that no worker was ever given.
    [[nodiscard]] Attempt next_number() const { return issued() + 1; }
    [[nodiscard]] std::vector<Attempt> open() const {
        return past == nullptr ? std::vector<Attempt>() : past->open;
    }
    /// Whether this earlier attempt may still be taken back from the worker that has it.
    [[nodiscard]] bool is_open(Attempt earlier) const {
        return past != nullptr &&
               std::find(past->open.begin(), past->open.end(), earlier) != past->open.end();
    }
    /// The current attempt was lost from sight, and a later one is given out.
    void leave_open() {
        auto& open = make_past().open;
        if (open.size() >= Past::kOpenMax) { open.erase(open.begin()); }
        open.push_back(attempt);
    }
    [[nodiscard]] bool is_claimed() const { return past != nullptr && !past->claim.worker.empty(); }
    /// The current attempt has begun, so no earlier one is taken back any more.
    void close_earlier() {
        if (past == nullptr) { return; }
        past->open.clear();
        past->claim = {};
    }
    /// An earlier attempt has become the current one: neither it nor a later one is an earlier one.
    void close_later() {
        if (past == nullptr) { return; }
        std::erase_if(past->open, [this](Attempt one) { return one >= attempt; });
    }
};

static_assert(sizeof(Work) - sizeof(Payload) <= Work::kHotBytes,
              "a task's hot fields fit into two cache lines");

/// A time in four bytes, for leases and for what a person is told.
[[nodiscard]] inline std::uint32_t whole_seconds(Time time) {
    return static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

/// The claims that decide where and when a task may run. A task of at most one cpu claims nothing of its
/// machine, because a worker of small tasks holds hundreds: there credit is the only bound.
struct Shape {
    std::string runtime;
    std::uint32_t cpus = 0;
    std::uint32_t gpus = 0;
    std::uint64_t memory_bytes = 0;
    CountedResources counted{};
    bool is_long = false;  ///< needs a slot that is not kept for short tasks
    auto operator<=>(const Shape&) const = default;

    [[nodiscard]] bool claims_of_machine() const { return cpus > 0 || gpus > 0 || memory_bytes > 0; }
    /// Whether smaller tasks could pass it for ever.
    [[nodiscard]] bool can_starve() const { return claims_of_machine() || !counted.empty(); }
};

[[nodiscard]] inline bool claims(const Resources& resources) {
    return resources.cpus > 1 || resources.gpus > 0 || resources.memory_bytes > 0;
}

[[nodiscard]] inline Shape shape_of(const TaskSpec& spec, const ShortLane& lane) {
    const Resources& asked = spec.resources;
    if (!claims(asked)) { return {spec.runtime, 0, 0, 0, asked.counted, lane.is_long(spec)}; }
    return {spec.runtime, asked.cpus, asked.gpus, asked.memory_bytes, asked.counted, lane.is_long(spec)};
}

}  // namespace nias::core
