// The words about machines, as the ventilator's own core says them: brought into every standing in every way,
// a machine says nothing that a page cannot say in Portuguese.
#include <set>

#include "unit/core/dispatch/lab.hpp"
#include "words/words.hpp"

namespace nias::core {
namespace {

using httpfront::words::in_language;
using httpfront::words::is_known;
using httpfront::words::Language;
using httpfront::words::parse;
using httpfront::words::render;

class MachineWords : public DispatchLab {
protected:
    void TearDown() override {
        forget_effects();
        DispatchLab::TearDown();
    }
    void check(const std::string& said) {
        if (said.empty() || !texts_.insert(said).second) { return; }
        // Not to the end: what a person or a job gave as a reason is said as it is.
        EXPECT_TRUE(is_known(parse(said))) << "not in words/catalogue.json: " << said;
        EXPECT_EQ(render(parse(said), Language::english), said);
        EXPECT_NE(in_language(said, Language::portuguese), said);
    }
    /// Looks at all that is told of machines at present, those that are gone too.
    void look() {
        forget_effects();
        from("admin", wire::QueryWorkers{true});
        for (const wire::WorkerRow& row : take<wire::Workers>("admin").workers) {
            states_.insert(row.state);
            check(row.reason);
        }
        for (const wire::WorkerEvent& event : take_changes()) {
            changes_.insert(event.change);
            check(event.why);
        }
    }
    void hello(const wire::Hello& message, const std::string& address = {}) {
        step([&](Effects& out) { core_->on(peer_of(message.worker), message, when_, out, address); });
        look();
    }
    void order(wire::OrderKind kind, const std::string& reason = {}) {
        from("admin", wire::Order{"w1", kind, reason});
        check(take<wire::Ordered>("admin").text);
        look();
    }
    void decline(unsigned n) {
        submit({with_attempts(n, 9)});
        assign();
        forget_effects();
        Outcome outcome = outcome_of(n, 1, OutcomeStatus::could_not_run);
        outcome.error = "the outputs were not kept: x";
        outcome.worker = "w1";
        outcomes("w1", {outcome});
        look();
    }

    std::set<wire::WorkerState> states_;
    std::set<wire::WorkerChange> changes_;
    std::set<std::string> texts_;
};

TEST_F(MachineWords, AreKnownOfEveryStandingAndChangeOfAMachine) {
    hello(hello_of("w1"));
    credit("w1", 1, 100);
    for (const char* reason : {"", "new disks"}) {
        for (const auto kind : {wire::OrderKind::pause, wire::OrderKind::drain}) {
            order(kind, reason);
            order(wire::OrderKind::resume);
        }
    }
    order(wire::OrderKind::resume);  // it is not paused
    hello(hello_of("w1", 2));        // it restarted
    credit("w1", 1, 100, 2);
    submit({task_of(1), task_of(2)});
    assign();
    forget_effects();
    from(peer_of("w1"), wire::Started{{ref_of(1)}});
    pass(options_.suspect + seconds(1));
    look();
    pass(options_.lease);
    look();  // silent, with tasks that are waited for
    from(peer_of("w1"), beat_of({ref_of(1), ref_of(2)}, false, 2));
    look();
    pass(options_.lease_max + options_.lease);
    look();  // lost
    hello(hello_of("w1", 2));
    wire::Hello renamed = hello_of("w1", 7);
    renamed.worker = "w2";
    from(peer_of("w1"), renamed);  // the same connection
    look();
    hello(hello_of("w1", 3));
    from(peer_of("w1"), wire::Goodbye{3, {}, {}});
    look();
    hello(hello_of("w1", 3));  // it has said goodbye
    hello(hello_of("w1", 4));
    step([&](Effects& out) { core_->revoke("w1", when_, out); });
    look();
    hello(hello_of("w1", 4));
    hello(hello_of("w1", 5));
    wire::Beat stops = beat_of({}, true, 5);
    from(peer_of("w1"), stops);
    look();
    EXPECT_EQ(states_.size(), 9U);
    EXPECT_EQ(changes_.size(), 9U);
    for (const char* said : {"joined", "back after it was lost", "it restarted"}) {
        EXPECT_EQ(texts_.count(said), 1U) << said;
    }
}

TEST_F(MachineWords, AreKnownOfAMachineThatPausesItself) {
    join("w1", 100);
    for (const unsigned n : {1U, 2U, 3U}) { decline(n); }
    EXPECT_TRUE(states_.contains(wire::WorkerState::paused));
    order(wire::OrderKind::resume);
}

TEST_F(MachineWords, AreKnownOfEveryRefusalOfAMachine) {
    const auto refused = [&](const wire::Hello& message) {
        const std::size_t before = texts_.size();
        hello(message, "10.0.0.9");
        return texts_.size() - before;
    };
    join("w1");
    look();
    wire::Hello old = hello_of("old");
    old.version_max = 0;
    EXPECT_EQ(refused(old), 1U);
    EXPECT_EQ(refused(hello_of(std::string(wire::kNameBytesMax + 1, 'n'))), 1U);
    for (const char* host : {"", "lab-1"}) {  // where the first machine is, as far as it says
        for (const char* address : {"", "10.0.0.8"}) {
            const std::string name = std::string("n") + host + address;
            wire::Hello first = hello_of(name);
            first.host = host;
            step([&](Effects& out) { core_->on("first", first, when_, out, address); });
            wire::Hello copy = hello_of(name, 9);
            copy.home = "elsewhere";
            hello(copy, "10.0.0.9");
            from("admin", wire::QueryWorkers{});
            forget_effects();
            step([&](Effects& out) { core_->on("copy", copy, when_, out, "10.0.0.9"); });
            for (std::uint64_t number = 1; number < 40; ++number) {  // the sign of life that it was asked for
                wire::Beat beat = beat_of({});
                beat.welcome = number;
                step([&](Effects& out) { core_->on("first", beat, when_, out); });
            }
            look();
            EXPECT_EQ(std::count_if(texts_.begin(), texts_.end(),
                                    [&](const std::string& text) {
                                        return text.find("worker " + name + " since") != std::string::npos;
                                    }),
                      1)
                << name;
        }
    }
    for (const auto why :
         {"the key of lab-2 is that of a submitter, not of a worker: make one with «nias enroll worker»",
          "the key of worker lab-2 does not speak for worker lab-3: leave out the name, or make a "
          "key for it with «nias enroll worker»"}) {
        step([&](Effects& out) { core_->refused("lab-3", why, why, when_, out); });
        look();
        EXPECT_EQ(texts_.count(why), 1U);
    }
}

}  // namespace
}  // namespace nias::core
