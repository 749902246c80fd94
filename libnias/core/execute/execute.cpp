#include "core/execute/execute.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.hpp"
#include "core/execute/state.hpp"
#include "core/first_repeat.hpp"
#include "core/made_outcome.hpp"
#include "wire/weight.hpp"

namespace nias::core {
void Execute::State::hello(Time now, ExecuteEffects& out) {
    wire::Hello hello{.version_min = wire::kProtocolVersionMin,
                      .version_max = wire::kProtocolVersion,
                      .worker = options.worker,
                      .incarnation = options.incarnation,
                      .host = options.host,
                      .slots = options.slots,
                      .cpus = options.cpus,
                      .gpus = options.gpus,
                      .memory_bytes = options.memory_bytes,
                      .runtimes = options.runtimes,
                      .held = {},
                      .was_stopped = options.was_stopped,
                      .home = options.home,
                      .unix_ms = unix_ms,
                      .software = options.version,
                      .labels = options.labels,
                      .prepares = options.prepares};
    hello.held.reserve(held.size());
    hello.ran_s.reserve(held.size());
    held.for_each([&](const AttemptRef& ref, const Held& item) {
        if (item.phase != Phase::discarded && hello.held.size() < wire::kHeldMax) {
            hello.held.push_back(ref);
            hello.ran_s.push_back(ran_s(item, now));
        }
    });
    out.sends.emplace_back(std::move(hello));
    expect_nothing(out);  // the ventilator tells it anew
    awaiting = true;
    granted = received = 0;
    hello_again = now + hello_wait;
    hello_wait = std::min(2 * hello_wait, options.repeat_hello);
}

std::uint32_t Execute::State::ran_s(const Held& item, Time now) {
    if (item.phase != Phase::running || item.began == Time{}) { return 0; }
    const auto ran = std::chrono::duration_cast<std::chrono::seconds>(now - item.began).count();
    return 1 + static_cast<std::uint32_t>(ran);
}

void Execute::State::goodbye(Time now, ExecuteEffects& out) {
    wire::Goodbye goodbye{options.incarnation, {}, farewell};
    held.for_each([&](const AttemptRef& ref, const Held& item) {
        if (item.phase == Phase::unsettled && goodbye.unsettled.size() < wire::kHeldMax) {
            goodbye.unsettled.push_back(ref);
        }
    });
    out.sends.emplace_back(std::move(goodbye));
    goodbye_again = now + options.repeat_goodbye;
}

void Execute::State::grant(bool again, ExecuteEffects& out) {
    if (awaiting || leaving || !refusal.empty() || !rests.empty()) { return; }
    const std::uint64_t inside = waiting.size() + busy;
    std::uint64_t target = granted;
    if (!draining && !waits_for_settling() && inside < options.window) {
        target = std::max(granted, received + options.window - inside);
    }
    const std::uint64_t owed = target - granted;
    const bool enough = owed >= std::max(1U, options.window / 4) || (owed > 0 && granted == received);
    if (!enough && !again) { return; }
    granted = target;
    out.sends.emplace_back(wire::Credit{options.incarnation, ++credit_number, granted});
}

void Execute::start(Time now, ExecuteEffects& out) {
    state_->heard = now;
    state_->hello_wait = std::min(kFirstRepeat, state_->options.repeat_hello);
    state_->hello(now, out);
}

void Execute::on(const wire::Welcome& welcome, Time now, ExecuteEffects& out) {
    State& s = *state_;
    if (welcome.incarnation != s.options.incarnation || !s.refusal.empty()) { return; }
    if (s.leaving) { return; }
    s.heard = now;
    s.welcome = welcome.number;
    s.note_welcome(welcome, out);
    out.welcomed = true;
    if (welcome.beat_ms > 0) { s.beat = std::chrono::milliseconds(welcome.beat_ms); }
    if (welcome.lease_ms > 0) { s.lease = std::chrono::milliseconds(welcome.lease_ms); }
    for (const AttemptRef& attempt : welcome.drop) { s.discard(attempt, out); }
    if (s.awaiting) {
        s.awaiting = false;
        s.hello_wait = s.options.repeat_hello;
        s.next_beat = now;  // says whether it drains
    }
    s.start_waiting(out);
}

void Execute::on(const wire::Refused& refused, Time now, ExecuteEffects& out) {
    State& s = *state_;
    s.heard = now;
    if (s.leaving) { return; }
    s.refusal = refused.reason.empty() ? "the ventilator refused this worker" : refused.reason;
    s.refusal_code = refused.code;
    s.awaiting = false;
    s.expect_nothing(out);
    std::vector<AttemptRef> unwanted;
    s.held.for_each([&](const AttemptRef& ref, const Held& item) {
        // Outcomes stay in the outbox, and are offered again at the next start.
        if (item.phase == Phase::waiting || item.phase == Phase::running) { unwanted.push_back(ref); }
    });
    for (const AttemptRef& attempt : unwanted) { s.discard(attempt, out); }
}

void Execute::on(const wire::Rehello&, Time now, ExecuteEffects& out) {
    State& s = *state_;
    s.heard = now;
    if (s.awaiting || s.leaving || !s.refusal.empty()) { return; }  // asked already; tick repeats it
    s.hello(now, out);
}

void Execute::offer(std::vector<std::string> runtimes, Time now, ExecuteEffects& out) {
    State& s = *state_;
    s.options.runtimes = std::move(runtimes);
    if (s.leaving || !s.refusal.empty()) { return; }
    s.hello(now, out);
}

void Execute::on(const wire::Beat& beat, Time now, ExecuteEffects& out) {
    State& s = *state_;
    if (beat.incarnation != s.options.incarnation) { return; }
    s.heard = now;
    if (beat.welcome != 0) {  // a sign of life is asked for: another process says this worker's name
        s.welcome = beat.welcome;
        s.next_beat = now;
    }
    if (beat.draining != s.ordered_out) {
        s.ordered_out = beat.draining;
        out.notices.emplace_back(beat.draining ? "an administrator gives this worker nothing more for a while"
                                               : "an administrator gives this worker tasks again");
    }
}

void Execute::on(const wire::Goodbye& goodbye, Time, ExecuteEffects&) {
    if (goodbye.incarnation == state_->options.incarnation) { state_->left = state_->leaving; }
}

void Execute::on(wire::Tasks tasks, Time now, ExecuteEffects& out) {
    State& s = *state_;
    // These were sent before the ventilator had read our Hello. It holds them for lost, and gives them out
    // again.
    const bool deaf = s.awaiting || s.leaving || !s.refusal.empty();
    if (tasks.incarnation != s.options.incarnation || deaf) { return; }
    s.heard = now;
    const std::uint64_t count = tasks.tasks.size();
    if (tasks.sent_total < s.received + count || tasks.sent_total > s.granted) {
        s.hello(now, out);  // a doubled frame, or a count that is not ours: agree again
        return;
    }
    const bool gap = tasks.sent_total > s.received + count;
    s.received = tasks.sent_total;
    tasks.tasks.hand_out([&](wire::Run<Task>&& run) { s.accept(std::move(run), out); });
    s.start_waiting(out);
    if (gap) { s.hello(now, out); }  // a frame was lost
}

void Execute::on(const wire::Drop& drop, Time now, ExecuteEffects& out) {
    State& s = *state_;
    s.heard = now;
    for (const AttemptRef& attempt : drop.attempts) {
        Held* item = s.find(attempt);
        if (item == nullptr) { continue; }
        if (item->phase == Phase::waiting) {
            s.remove_waiting(attempt);
            Outcome cancelled = cancelled_before_it_began(attempt);
            if (item->request != nullptr) { cancelled.request = *item->request; }
            const wire::Runs<Outcome> made{cancelled};
            s.keep(*item, made.runs().front(), 0, nullptr, out);
        } else if (item->phase == Phase::running) {
            s.stop(*item, out);
        }
    }
}

// An attempt that is not here is answered as given back, because an earlier answer or the attempt itself was
// lost.
void Execute::on(const wire::Retract& retract, Time now, ExecuteEffects& out) {
    State& s = *state_;
    s.heard = now;
    wire::Retracted told;
    for (const AttemptRef& attempt : retract.attempts) {
        Held* item = s.find(attempt);
        if (item != nullptr && item->phase == Phase::running && !item->stopped) {
            out.recall.push_back(attempt);
        }
        if (item != nullptr && item->phase != Phase::waiting) { continue; }
        if (item != nullptr) {
            s.remove_waiting(attempt);
            s.erase(*item);
        }
        told.attempts.push_back(attempt);
    }
    if (!told.attempts.empty()) { out.sends.emplace_back(std::move(told)); }
}

void Execute::started(const AttemptRef& attempt, Time now, ExecuteEffects& out) {
    Held* item = state_->find(attempt);
    if (item == nullptr || item->phase != Phase::running) { return; }
    if (item->began == Time{}) {
        item->began = now;
        State::follow(*item, "runs", out);
    }
    state_->started.push_back(attempt);
}

void Execute::drain(const std::vector<AttemptRef>& recalled, Time now, ExecuteEffects& out) {
    State& s = *state_;
    if (s.draining) { return; }
    s.draining = true;
    s.next_beat = now;
    s.expect_nothing(out);
    out.notices.push_back("this worker drains: it takes nothing more, and " + std::to_string(held()) +
                          " tasks that it has may end");
    s.decline_not_begun(recalled, s.why_declined(), out);
}

void Execute::rest(const std::string& reason, const std::vector<AttemptRef>& recalled, ExecuteEffects& out) {
    State& s = *state_;
    s.rests = reason.substr(0, wire::kReasonBytesMax);
    if (!s.rests.empty()) { s.expect_nothing(out); }
    if (!s.rests.empty() && !s.draining) { s.decline_not_begun(recalled, s.rests, out); }
}

void Execute::State::tell_started(ExecuteEffects& out) {
    for (std::size_t at = 0; at < started.size(); at += wire::kBatchItemsMax) {
        const auto first = started.begin() + static_cast<std::ptrdiff_t>(at);
        const auto count = std::min(wire::kBatchItemsMax, started.size() - at);
        out.sends.emplace_back(wire::Started{{first, first + static_cast<std::ptrdiff_t>(count)}});
    }
    started.clear();
}

void Execute::tick(Time now, ExecuteEffects& out) {
    State& s = *state_;
    if (!s.started.empty() && !s.leaving) { s.tell_started(out); }
    if (!s.fresh.empty()) { s.report(now, out); }
    if (s.is_due(now)) { s.repeat(now, out); }
    if (!s.refusal.empty()) { return; }
    if (s.leaving) {
        if (!s.left && now >= s.goodbye_again) { s.goodbye(now, out); }
        return;
    }
    if (s.awaiting) {
        if (now >= s.hello_again) { s.hello(now, out); }
        return;
    }
    if (now - s.heard > s.lease) {  // a dead connection, or a ventilator that forgot us
        if (s.joined && !std::exchange(s.silent, true)) {
            out.notices.emplace_back(
                "the ventilator was not heard for longer than a lease; what runs here goes on, and it is "
                "asked "
                "again and again");
        }
        s.hello(now, out);
        return;
    }
    const bool beats = now >= s.next_beat;
    s.grant(beats, out);
    if (!beats) { return; }
    s.next_beat = now + s.beat;
    const auto count = static_cast<std::uint32_t>(s.digest.count());
    out.sends.emplace_back(wire::Beat{s.options.incarnation, s.digest.value(), count, s.draining, s.welcome,
                                      s.load_percent, s.received, s.unix_ms});
}

Duration Execute::patience(Time now) const {
    constexpr Duration kLongest = std::chrono::milliseconds(100);
    if (!state_->awaiting) { return kLongest; }
    return std::clamp(state_->hello_again - now, Duration::zero(), kLongest);
}

void Execute::load(std::uint32_t percent) { state_->load_percent = percent; }
void Execute::clock(std::int64_t unix_ms) { state_->unix_ms = unix_ms; }

void Execute::leave(const std::string& reason, Time now, ExecuteEffects& out) {
    State& s = *state_;
    if (s.leaving || !s.refusal.empty()) { return; }
    s.leaving = true;
    s.expect_nothing(out);
    s.farewell = reason;
    s.goodbye(now, out);
}

Execute::Execute(const ExecuteOptions& options) : state_(std::make_unique<State>(options)) {}
Execute::~Execute() = default;

bool Execute::drained() const {
    const bool settled = state_->unsettled == 0 || !state_->refusal.empty();
    return state_->draining && held() == 0 && settled;
}

std::size_t Execute::held() const { return state_->waiting.size() + state_->busy; }
std::size_t Execute::unsettled() const { return state_->unsettled; }
const std::string& Execute::refusal() const { return state_->refusal; }
wire::WorkerRefusal Execute::refusal_code() const { return state_->refusal_code; }
bool Execute::has_left() const { return state_->left; }

void Execute::check_invariants() const {
    const State& s = *state_;
    std::array<std::size_t, 4> phases{};
    std::size_t unsettled_bytes = 0;
    AttemptDigest digest;
    s.held.for_each([&](const AttemptRef& ref, const Held& item) {
        NIAS_CHECK(item.ref == ref, "an attempt is kept under its name");
        ++phases[static_cast<std::size_t>(item.phase)];
        if (item.phase != Phase::discarded) { digest.add(ref); }
        if (item.phase != Phase::unsettled) { return; }
        NIAS_CHECK(item.report->run().ids[item.place] == ref.id && item.report->is_open(item.place),
                   "an unsettled outcome is in its report");
    });
    std::size_t left = 0;
    for (const auto* reports : {&s.fresh, &s.reported}) {
        for (const Report& report : *reports) {
            NIAS_CHECK(report.left() > 0, "a report is dropped with its last outcome");
            left += report.left();
            unsettled_bytes += report.bytes();
        }
    }
    NIAS_CHECK(left == s.unsettled, "all unsettled outcomes are reported");
    NIAS_CHECK(unsettled_bytes == s.unsettled_bytes, "the bytes of unsettled outcomes are counted");
    NIAS_CHECK(phases[0] == s.waiting.size(), "every waiting attempt has its task");
    NIAS_CHECK(phases[1] + phases[2] == s.busy && phases[2] == s.discarded,
               "every slot in use has an attempt");
    NIAS_CHECK(phases[3] == s.unsettled, "unsettled outcomes are counted");
    NIAS_CHECK(digest.value() == s.digest.value() && digest.count() == s.digest.count(),
               "the digest is of what is held");
    NIAS_CHECK(s.busy <= s.options.slots + s.options.ahead, "no more is handed over than was asked for");
    NIAS_CHECK(s.waiting.empty() || s.busy == s.options.slots + s.options.ahead,
               "nothing waits beside a free slot");
    NIAS_CHECK(held() <= s.options.window, "no more is held than the window");
    NIAS_CHECK(s.received <= s.granted, "no more is taken than was granted");
}

}  // namespace nias::core
