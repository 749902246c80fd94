/// What a worker's brain knows: the held attempts and where each stands. Private to execute*.cpp.
#pragma once

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "core/containers/chain.hpp"
#include "core/containers/slab_map.hpp"
#include "core/digest.hpp"
#include "core/execute.hpp"
#include "wire/limits.hpp"

namespace nias::core {

/// A Hello names what is held, and unsettled outcomes: half of its room, and those of attempts that were
/// held.
inline constexpr std::uint32_t kWindowMax = wire::kHeldMax / 4;
inline constexpr std::size_t kUnsettledBytesMax = 64U << 20U;  ///< past it a worker asks for no more tasks

/// Where a held attempt stands.
enum class Phase : std::uint8_t {
    waiting,  ///< for a free slot
    running,
    discarded,  ///< runs until its handler returns; nobody wants its outcome
    unsettled,
};

struct Held {
    AttemptRef ref;
    Phase phase = Phase::waiting;
    bool stopped = false;
    Outcome outcome;       ///< of an unsettled one
    Time due;              ///< when it is reported again
    Held* prev = nullptr;  ///< in the chain of fresh or of reported outcomes
    Held* next = nullptr;

    [[nodiscard]] const AttemptRef& key() const { return ref; }
    void take_key(const AttemptRef& attempt) { ref = attempt; }
};

struct Execute::State {
    explicit State(const ExecuteOptions& given) : options(given) {
        options.slots = std::clamp(options.slots, 1U, kWindowMax);
        options.window = std::clamp(options.window, options.slots, kWindowMax);
        options.ahead = std::min(options.ahead, options.window - options.slots);
    }

    ExecuteOptions options;
    SlabMap<AttemptRef, Held, AttemptHash> held;
    std::deque<Task> waiting;
    std::size_t busy = 0;  ///< running and discarded: handed to the shell
    std::size_t discarded = 0;
    std::size_t unsettled = 0;
    std::size_t unsettled_bytes = 0;  ///< of their outcomes
    AttemptDigest digest;             ///< of all but the discarded
    std::vector<AttemptRef> started;  ///< not yet told
    Chain<Held> fresh;                ///< unsettled, and not yet reported: without a `due`
    Chain<Held> reported;             ///< unsettled, the one due first in front

    bool awaiting = false;  ///< a Hello is unanswered: there is no credit
    bool draining = false;
    std::string refusal;
    std::uint64_t granted = 0;  ///< since Hello
    std::uint64_t received = 0;
    std::uint64_t credit_number = 0;
    std::uint64_t welcome = 0;  ///< number of the last Welcome
    std::uint32_t load_percent = 0;
    Time hello_again;
    Time next_beat;
    Time heard;
    Duration beat = std::chrono::seconds(1);
    Duration lease = std::chrono::seconds(15);

    void hello(Time now, ExecuteEffects& out);
    void start_waiting(ExecuteEffects& out);
    void take(Task&& task, ExecuteEffects& out);
    void decline(const AttemptRef& attempt, const char* reason, ExecuteEffects& out);
    void keep(Held& item, Outcome&& outcome, ExecuteEffects& out);
    void discard(const AttemptRef& attempt, ExecuteEffects& out);
    void forget(Held& item, ExecuteEffects& out);
    void stop(Held& item, ExecuteEffects& out);
    void remove_waiting(const AttemptRef& attempt);
    /// Into a report, and due again later. Its weight in bytes.
    std::size_t add_to(SendReport& batch, Held& item, Time now);
    void report(Time now, ExecuteEffects& out);
    void repeat(Time now, ExecuteEffects& out);
    [[nodiscard]] bool waits_for_settling() const;
    void grant(bool again, ExecuteEffects& out);
    Chain<Held>& chain_of(const Held& unsettled_one) {
        return unsettled_one.due == Time{} ? fresh : reported;
    }
    Held* find(const AttemptRef& attempt) { return held.find(attempt); }
    void erase(Held& item) {
        if (item.phase != Phase::discarded) { digest.remove(item.ref); }
        const AttemptRef ref = item.ref;
        held.erase(ref);
    }
};

}  // namespace nias::core
