// The worker's brain under any ventilator and any shell that keeps its side: its invariants, that no attempt
// runs twice, that an outcome is reported only once kept, and that all it says can be decoded.
#include <set>

#include "core/execute/execute.hpp"
#include "input.hpp"
#include "support/unrolled.hpp"

namespace nias::fuzz {
namespace {

class Worker {
public:
    explicit Worker(Input input) : in_(input), core_(options()) {
        std::vector<Outcome> old(in_.below(4));
        for (Outcome& outcome : old) {
            outcome = in_.outcome();
            kept_.insert({outcome.id, outcome.attempt});
        }
        core_.restore(old);
        core::ExecuteEffects out;
        core_.start(now_, out);
        take(out);
    }
    void run() {
        for (int step = 0; step < 2'000 && !in_.empty(); ++step) {
            core::ExecuteEffects out;
            input(out);
            take(out);
        }
    }

private:
    core::ExecuteOptions options() {
        core::ExecuteOptions options;
        options.worker = "w0";
        options.incarnation = 1;
        options.slots = 1 + in_.below(3);
        options.window = options.slots + in_.below(4);
        options.ahead = in_.below(3);
        return options;
    }
    void input(core::ExecuteEffects& out) {
        switch (in_.below(14)) {
            case 0:
                return core_.on(wire::Welcome{1, in_.below(8) == 0 ? 2U : 1U, in_.small_number(),
                                              in_.small_number(), in_.refs(), in_.small_number()},
                                now_, out);
            case 1:
                return in_.below(16) == 0 ? core_.on(wire::Refused{"no"}, now_, out) : core_.tick(now_, out);
            case 2:
            case 3: return tasks(out);
            case 4: return core_.on(wire::Beat{in_.below(2), in_.number(), 0, false, 0}, now_, out);
            case 5: return core_.on(wire::Rehello{}, now_, out);
            case 6: return core_.on(wire::Drop{in_.refs()}, now_, out);
            case 7: return core_.on(wire::Settled{in_.refs()}, now_, out);
            case 8: return core_.started(in_.ref(), now_, out);
            case 9: return finished(in_.outcome(), out);
            case 10:
                if (!handed_.empty()) {
                    Outcome outcome = in_.outcome();
                    outcome.id = handed_.begin()->id;
                    outcome.attempt = handed_.begin()->attempt;
                    finished(std::move(outcome), out);
                }
                return;
            case 11: now_ += std::chrono::milliseconds(100 * in_.byte()); return core_.tick(now_, out);
            case 12: return frame(out);
            default:
                if (in_.below(16) != 0) { return core_.tick(now_, out); }
                return drain(out);
        }
    }
    void tasks(core::ExecuteEffects& out) {
        std::vector<Task> tasks(in_.below(4));
        for (Task& task : tasks) { task = in_.task(); }
        // Mostly the total that is expected, or the conversation ends in a Hello each time.
        const std::uint64_t honest = sent_ + tasks.size();
        const std::uint64_t total = in_.below(8) == 0 ? in_.number() : honest;
        sent_ = total;
        core_.on(wire::Tasks{in_.below(16) == 0 ? 2U : 1U, total, std::move(tasks)}, now_, out);
    }
    void finished(Outcome outcome, core::ExecuteEffects& out) {
        handed_.erase({outcome.id, outcome.attempt});
        core_.finished({std::move(outcome)}, now_, out);
    }
    void drain(core::ExecuteEffects& out) {
        std::vector<AttemptRef> recalled;
        if (!handed_.empty() && !drained_) {
            recalled.push_back(*handed_.begin());
            handed_.erase(handed_.begin());
        }
        drained_ = true;
        core_.drain(recalled, now_, out);
        NIAS_CHECK(core_.held() == handed_.size(), "a worker that drains holds what was begun and no more");
    }
    /// The shell has not begun one in two.
    void give_back(const std::vector<AttemptRef>& asked) {
        if (asked.empty()) { return; }
        std::vector<AttemptRef> taken;
        std::vector<AttemptRef> begun;
        for (const AttemptRef& attempt : asked) {
            NIAS_CHECK(handed_.contains(attempt), "only what was handed over is asked for");
            const bool waits = in_.flag() && handed_.erase(attempt) == 1;
            (waits ? taken : begun).push_back(attempt);
        }
        core::ExecuteEffects out;
        core_.recalled(taken, begun, out);
        take(out);
    }
    void frame(core::ExecuteEffects& out) {
        auto message = wire::decode(in_.frame());
        if (!message) { return; }
        std::visit(
            [&](auto& body) {
                if constexpr (requires { core_.on(std::move(body), now_, out); }) {
                    core_.on(std::move(body), now_, out);
                }
            },
            *message);
    }
    void take(core::ExecuteEffects& out) {
        core_.check_invariants();
        for (const Outcome& outcome : out.keep) {
            NIAS_CHECK(kept_.insert({outcome.id, outcome.attempt}).second, "an attempt has one outcome");
        }
        for (const core::SendReport& report : out.reports) {
            for (const wire::Run<Outcome>* run : report.outcomes) {
                for (const TaskId& id : run->ids) {
                    NIAS_CHECK(kept_.contains({id, run->shared.attempt}),
                               "an outcome is kept before it is reported");
                }
            }
            check_speakable(test::copy_of(report));
        }
        for (const AttemptRef& attempt : out.forget) {
            NIAS_CHECK(kept_.erase(attempt) == 1, "only what was kept is forgotten");
        }
        for (const wire::Message& message : out.sends) {
            check_speakable(message);
            if (std::holds_alternative<wire::Hello>(message)) { sent_ = 0; }
        }
        for (const Task& task : out.run) {
            NIAS_CHECK(handed_.insert({task.id, task.attempt}).second,
                       "an attempt does not run beside itself");
        }
        for (const AttemptRef& attempt : out.stop) {
            NIAS_CHECK(handed_.contains(attempt), "only what runs is stopped");
        }
        NIAS_CHECK(core_.unsettled() == kept_.size(), "what is kept is what is unsettled");
        give_back(out.recall);
    }

    Input in_;
    core::Execute core_;
    Time now_ = Time{} + std::chrono::hours(1);
    std::uint64_t sent_ = 0;
    bool drained_ = false;
    std::set<AttemptRef> handed_;
    std::set<AttemptRef> kept_;
};

}  // namespace
}  // namespace nias::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    nias::fuzz::Worker(nias::fuzz::Input(data, size)).run();
    return 0;
}
