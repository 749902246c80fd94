/// The state of a worker's core: the held attempts and where each stands. Private to core/execute.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/containers/slab_map.hpp"
#include "core/containers/unanswered.hpp"
#include "core/digest.hpp"
#include "core/execute/execute.hpp"
#include "wire/limits.hpp"

namespace nias::core {

/// A Hello names what is held, and unsettled outcomes: half of its room, and those of attempts that were
/// held.
inline constexpr std::uint32_t kWindowMax = wire::kHeldMax / 4;
inline constexpr std::size_t kUnsettledBytesMax = 64U << 20U;  ///< past it a worker asks for no more tasks

/// Where a held attempt stands.
enum class Phase : std::uint8_t {
    waiting,  ///< waits for a free slot
    running,
    discarded,  ///< runs until its handler returns; nobody wants its outcome
    unsettled,
};

/// Outcomes that are told to the sink together until each is settled.
using Report = Unanswered<Outcome>;

struct Held {
    AttemptRef ref;
    Phase phase = Phase::waiting;
    bool stopped = false;
    Time began{};              ///< start of its program; zero: not yet known
    std::uint32_t place = 0;   ///< place in `report`
    Report* report = nullptr;  ///< the report of an unsettled attempt
    /// Name of the request that made the task; null where it names none.
    std::unique_ptr<const std::string> request;

    [[nodiscard]] const AttemptRef& key() const { return ref; }
    void set_key(const AttemptRef& attempt) { ref = attempt; }
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
    std::size_t unsettled_bytes = 0;  ///< bytes of all reports
    AttemptDigest digest;             ///< digest of `held` without the discarded
    std::vector<AttemptRef> started;  ///< attempts whose start was not told yet
    Report::List fresh;               ///< reports that were not sent yet
    Report::List reported;            ///< sent reports, the one sent first in front

    bool awaiting = false;  ///< a Hello is unanswered: there is no credit
    bool draining = false;
    std::string rests;         ///< why nothing can be begun on this host; empty: it can
    bool leaving = false;      ///< nothing but Goodbye is said
    bool left = false;         ///< the Goodbye was answered
    bool joined = false;       ///< a Welcome has come
    bool silent = false;       ///< the silence of the ventilator was logged
    bool ordered_out = false;  ///< an administrator gives it nothing
    std::string farewell;      ///< why it leaves
    std::string refusal;
    wire::WorkerRefusal refusal_code = wire::WorkerRefusal::other;
    std::int64_t unix_ms = 0;   ///< this host's clock, as last told
    std::uint64_t granted = 0;  ///< credit granted since the Hello
    std::uint64_t received = 0;
    std::uint64_t credit_number = 0;
    std::uint64_t welcome = 0;  ///< number of the last Welcome
    std::uint32_t load_percent = 0;
    Time hello_again;
    Duration hello_wait = options.repeat_hello;  ///< a Hello that is not answered is said again after it
    Time goodbye_again;
    Time next_beat;
    Time heard;
    Duration beat = std::chrono::seconds(1);
    Duration lease = std::chrono::seconds(15);

    void hello(Time now, ExecuteEffects& out);
    void goodbye(Time now, ExecuteEffects& out);
    /// Logs that the ventilator has accepted this worker, or has it back, and what it says about it.
    void note_welcome(const wire::Welcome& said, ExecuteEffects& out);
    /// Nothing is to be made ready any more.
    void expect_nothing(ExecuteEffects& out) const {
        if (options.prepares > 0) { out.upcoming.emplace(); }
    }
    [[nodiscard]] static std::uint32_t ran_s(const Held& item, Time now);
    void start_waiting(ExecuteEffects& out);
    void accept(wire::Run<Task>&& run, ExecuteEffects& out);
    /// `retry_after_s` as in wire::Declined.
    static void decline(const AttemptRef& attempt, const std::string& reason, ExecuteEffects& out,
                        std::uint32_t retry_after_s = 0);
    /// Writes a line for the log about an attempt whose task names its request.
    static void follow(const Held& item, std::string_view what, ExecuteEffects& out);
    /// Declines the attempts that wait, and those that the shell was handed and has recalled.
    void decline_not_begun(const std::vector<AttemptRef>& recalled, const std::string& reason,
                           ExecuteEffects& out);
    /// Why a task that comes is declined; empty where it is accepted.
    [[nodiscard]] std::string why_declined() const {
        return draining ? std::string("the worker is draining") : rests;
    }
    /// Keeps an outcome of a run until it is settled: in the report `before`, which has others of the same
    /// run, or in another report where that is null or full. Returns the report.
    Report& keep(Held& item, const wire::Run<Outcome>& run, std::size_t place, Report* before,
                 ExecuteEffects& out);
    Report& report_of(Held& item, const wire::Run<Outcome>& run, std::size_t place, Report* before);
    void count_bytes(const Report& report, std::size_t before) {
        unsettled_bytes = unsettled_bytes + report.bytes() - before;
    }
    /// Adds a report to a frame. False where the frame has no room for it.
    bool say(Report& report, Time now, Report::List& from, SendReport& frame);
    void discard(const AttemptRef& attempt, ExecuteEffects& out);
    void forget(Held& item, ExecuteEffects& out);
    void stop(Held& item, ExecuteEffects& out);
    void remove_waiting(const AttemptRef& attempt);
    void tell_started(ExecuteEffects& out);
    void report(Time now, ExecuteEffects& out);
    void repeat(Time now, ExecuteEffects& out);
    [[nodiscard]] bool is_due(Time now) const {
        return !reported.empty() && now - reported.front().said >= options.repeat_outcomes;
    }
    [[nodiscard]] bool waits_for_settling() const;
    void grant(bool again, ExecuteEffects& out);
    Held* find(const AttemptRef& attempt) { return held.find(attempt); }
    void erase(Held& item) {
        if (item.phase != Phase::discarded) { digest.remove(item.ref); }
        const AttemptRef ref = item.ref;
        held.erase(ref);
    }
};

}  // namespace nias::core
