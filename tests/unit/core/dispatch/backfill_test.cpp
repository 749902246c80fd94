// Smaller tasks pass one that does not fit at present, and do not starve it.
#include <sstream>

#include "unit/core/dispatch/lab.hpp"

namespace nias::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class DispatchBackfill : public DispatchLab {
protected:
    void SetUp() override {
        options_.starve_after = seconds(60);
        options_.resources = {{"seats", 2}};
        open();
    }
    static Task wide(unsigned n, std::uint32_t cpus) { return claiming(n, {.cpus = cpus}); }
    static Task of(const std::string& owner, Task task) {
        task.owner = owner;
        return task;
    }
    /// The tasks of the next assignment, as «worker: number» in the order of being sent.
    std::vector<std::string> given() {
        assign();
        std::vector<std::string> all;
        while (has_given()) {
            const Given batch = take_any_given();
            for (const Task& task : batch.tasks.tasks) {
                all.push_back(batch.peer.substr(5) + ": " + std::to_string(task.id.bytes[15]));
            }
        }
        forget_effects();
        return all;
    }
    void end(const std::string& worker, unsigned n) {
        outcomes(worker, {outcome_of(n)});
        credit(worker, ++credits_, 1'000);
        forget_effects();
    }
    /// Both workers are heard, so that nobody is lost.
    void pass_heard(Duration time) {
        const Time until = when_.now + time;
        while (when_.now < until) {
            pass(std::min<Duration>(options_.beat, until - when_.now));
            for (const char* worker : {"w1", "w2"}) { from(peer_of(worker), wire::Started{{}}); }
            forget_effects();
        }
    }
    std::string told(unsigned n) { return core_->explain(id_of(n), when_.now).value_or("unknown"); }
    /// w1 (4 cpus) runs two tasks of two cpus each; task 9 asks for all four, and others wait.
    void crowd(const std::string& worker = "w1") {
        join(worker, 1'000);
        submit({of("bob", wide(1, 2)), of("bob", wide(2, 2))});
        EXPECT_EQ(given().size(), 2U);
        submit({of("eva", wide(9, 4)), of("bob", wide(3, 2)), of("bob", wide(4, 2)), of("bob", wide(5, 2)),
                of("bob", wide(6, 2))});
        EXPECT_THAT(given(), IsEmpty());
    }
    std::uint64_t credits_ = 1;
};

TEST_F(DispatchBackfill, LetsSmallerTasksPassOneThatDoesNotFit) {
    crowd();
    end("w1", 1);
    EXPECT_THAT(given(), ElementsAre("w1: 3"));
    EXPECT_EQ(told(9), "waits until 4 cpus are free on one machine; next in line, waits for a free worker");
}

TEST_F(DispatchBackfill, KeepsTheMachineForATaskThatWasPassedForTooLong) {
    crowd();
    end("w1", 1);
    EXPECT_THAT(given(), ElementsAre("w1: 3"));
    pass_heard(options_.starve_after + options_.beat);
    EXPECT_THAT(given(), IsEmpty());
    EXPECT_EQ(told(9), "it has waited so long that 4 cpus are kept for it on w1, as tasks end there");
    end("w1", 2);
    EXPECT_THAT(given(), IsEmpty()) << "two cpus are free, and kept";
    EXPECT_EQ(told(4), "what is free on w1 is kept for what has waited longer; behind 1 task of 1 owner");
    end("w1", 3);
    EXPECT_THAT(given(), ElementsAre("w1: 9"));
    end("w1", 9);
    EXPECT_THAT(given(), ElementsAre("w1: 4", "w1: 5")) << "nothing is kept any more";
}

TEST_F(DispatchBackfill, LeavesOthersWhatIsBesideTheReservation) {
    wire::Hello hello = hello_of("w1");
    hello.cpus = 8;
    join(hello, 1'000);
    submit({of("bob", wide(1, 4)), of("bob", wide(2, 2))});
    EXPECT_EQ(given().size(), 2U);
    submit({of("eva", wide(9, 5))});
    EXPECT_THAT(given(), IsEmpty());
    pass_heard(options_.starve_after + options_.beat);
    EXPECT_THAT(given(), IsEmpty());
    submit({of("bob", wide(3, 3)), of("ana", task_of(4))});
    EXPECT_THAT(given(), ElementsAre("w1: 4")) << "of two free cpus none is left beside five of eight";
    end("w1", 1);
    EXPECT_THAT(given(), ElementsAre("w1: 9"));
    end("w1", 2);
    EXPECT_THAT(given(), ElementsAre("w1: 3"));
}

TEST_F(DispatchBackfill, KeepsTheMachineWhereFewestAttemptsHaveToEnd) {
    crowd("w1");
    join(hello_of("w2", 2), 0);
    from(peer_of("w2"), wire::Credit{2, 2, 2});
    EXPECT_THAT(given(), ElementsAre("w2: 9")) << "there it fits at once";
    submit({of("kim", wide(10, 4))});
    EXPECT_THAT(given(), IsEmpty());
    end("w1", 1);
    EXPECT_THAT(given(), ElementsAre("w1: 3"));
    pass_heard(options_.starve_after + options_.beat);
    EXPECT_THAT(given(), IsEmpty());
    EXPECT_EQ(told(10), "it has waited so long that 4 cpus are kept for it on w2, as tasks end there");
}

TEST_F(DispatchBackfill, GivesTheMachineFreeWhenTheTaskIsCancelled) {
    crowd();
    pass_heard(options_.starve_after + options_.beat);
    end("w1", 1);
    EXPECT_THAT(given(), ElementsAre("w1: 3")) << "its time begins when it is passed";
    pass_heard(options_.starve_after + options_.beat);
    end("w1", 2);
    EXPECT_THAT(given(), IsEmpty());
    cancel(9);
    forget_effects();
    EXPECT_THAT(given(), ElementsAre("w1: 4"));
}

TEST_F(DispatchBackfill, ChoosesAnotherMachineWhenTheOneThatIsKeptIsLost) {
    crowd();
    end("w1", 1);
    EXPECT_THAT(given(), ElementsAre("w1: 3"));
    pass_heard(options_.starve_after + options_.beat);
    EXPECT_THAT(given(), IsEmpty());
    pass(options_.lease + options_.beat);
    forget_effects();
    EXPECT_EQ(told(9), "no worker is connected");
    join(hello_of("w2", 2), 1'000);
    EXPECT_EQ(given(), (std::vector<std::string>{"w2: 9"}));
}

TEST_F(DispatchBackfill, MakesNoReservationOnAMachineThatIsTooSmall) {
    join("w1", 1'000);
    submit({of("eva", wide(9, 5)), of("bob", wide(1, 4))});
    EXPECT_THAT(given(), ElementsAre("w1: 1"));
    pass_heard(options_.starve_after + options_.beat);
    submit({of("bob", wide(2, 4))});
    end("w1", 1);
    EXPECT_THAT(given(), ElementsAre("w1: 2"));
    EXPECT_EQ(told(9), "needs 5 cpus, the largest machine has 4");
}

TEST_F(DispatchBackfill, KeepsCountedResourcesForATaskThatNeedsSeveral) {
    const auto seated = [](unsigned n, const std::string& owner, std::uint32_t seats) {
        return of(owner, claiming(n, {.counted = {{"seats", seats}}}));
    };
    join("w1", 1'000);
    submit({seated(1, "bob", 1), seated(2, "bob", 1)});
    EXPECT_EQ(given().size(), 2U);
    submit({seated(9, "eva", 2), seated(3, "bob", 1), seated(4, "bob", 1)});
    EXPECT_THAT(given(), IsEmpty());
    end("w1", 1);
    EXPECT_THAT(given(), ElementsAre("w1: 3"));
    pass_heard(options_.starve_after + options_.beat);
    EXPECT_THAT(given(), IsEmpty());
    end("w1", 2);
    EXPECT_THAT(given(), IsEmpty());
    EXPECT_EQ(told(9),
              "needs 2 seats: 1 of 2 seats in use; first in line; it has waited so long that what is "
              "free next is kept for it");
    EXPECT_EQ(told(4), "1 of 2 seats in use, 2 kept for what has waited longer; second in line");
    end("w1", 3);
    EXPECT_THAT(given(), ElementsAre("w1: 9"));
    end("w1", 9);
    EXPECT_THAT(given(), ElementsAre("w1: 4"));
}

TEST_F(DispatchBackfill, TakesNothingBackFromOthersForAMachineThatIsKept) {
    crowd();
    end("w1", 1);
    EXPECT_THAT(given(), ElementsAre("w1: 3"));
    pass_heard(options_.starve_after + options_.beat);
    end("w1", 2);
    EXPECT_THAT(given(), IsEmpty());
    wire::Hello hello = hello_of("w2");
    hello.slots = 1;
    hello.cpus = 2;
    join(hello, 1'000);
    const Resources small{.memory_bytes = 100};
    submit({of("ana", claiming(7, small)), of("ana", claiming(8, small))});
    EXPECT_THAT(given(), ElementsAre("w2: 7", "w2: 8")) << "one of them waits in the window";
    for (int beat = 0; beat < 4; ++beat) {
        pass_heard(options_.beat);
        assign();
        nothing_left();
    }
}

TEST_F(DispatchBackfill, CountsNoTimeInWhichNobodyPassed) {
    crowd();
    pass_heard(options_.starve_after + options_.beat);
    end("w1", 1);
    EXPECT_THAT(given(), ElementsAre("w1: 3"));
    end("w1", 2);
    EXPECT_THAT(given(), ElementsAre("w1: 4"));
}

/// Arrivals, ends and what is then given out, line by line: the policy as a table.
struct Line {
    int at_s;
    std::string what;
};

class DispatchTrace : public DispatchBackfill {
protected:
    /// «+9 eva 4»: task 9 of eva asks for 4 cpus; «-9 w1»: it has ended there.
    void play(const std::vector<Line>& lines) {
        const Time begun = when_.now;
        for (const Line& line : lines) {
            pass_heard(begun + seconds(line.at_s) - when_.now);
            std::istringstream words(line.what.substr(1));
            unsigned n = 0;
            std::string who;
            words >> n >> who;
            if (line.what.front() == '+') {
                std::uint32_t cpus = 1;
                words >> cpus;
                submit({of(who, wide(n, cpus))});
            } else {
                Outcome outcome = outcome_of(n);
                outcome.usage.wall_ms = 10'000;
                outcomes(who, {outcome});
                ++credits_;
                credit(who, credits_, credits_);
            }
            forget_effects();
            for (const std::string& one : given()) { order_ += (order_.empty() ? "" : ", ") + one; }
        }
    }
    std::string order_;
};

TEST_F(DispatchTrace, OwnersTakeTurnsByWhatTheyUsed) {
    wire::Hello hello = hello_of("w1");
    hello.slots = 1;
    join(hello, 1);
    play({{0, "+1 ana"},
          {0, "+2 ana"},
          {0, "+3 bob"},
          {0, "+4 ana"},
          {0, "+5 bob"},
          {10, "-1 w1"},
          {20, "-3 w1"},
          {30, "-2 w1"},
          {40, "-5 w1"}});
    EXPECT_EQ(order_, "w1: 1, w1: 3, w1: 2, w1: 5, w1: 4");
}

TEST_F(DispatchTrace, AWideTaskIsPassedUntilItIsReserved) {
    join("w1", 1'000);
    play({{0, "+1 bob 2"},
          {0, "+2 bob 2"},
          {1, "+9 eva 4"},
          {1, "+3 bob 2"},
          {1, "+4 bob 2"},
          {1, "+5 bob 2"},
          {10, "-1 w1"},  // passed for the first time
          {20, "-2 w1"},
          {75, "-3 w1"},  // 60 s later: from here on the machine empties
          {80, "-4 w1"},
          {90, "-9 w1"}});
    EXPECT_EQ(order_, "w1: 1, w1: 2, w1: 3, w1: 4, w1: 9, w1: 5");
}

}  // namespace
}  // namespace nias::core
