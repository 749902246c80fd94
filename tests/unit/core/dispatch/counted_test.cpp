// The lab's counted resources: licences and seats that attempts hold wherever they run.
#include "core/dispatch/work.hpp"
#include "unit/core/dispatch/lab.hpp"

namespace nias::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class DispatchCounted : public DispatchLab {
protected:
    void SetUp() override {
        options_.resources = {{"matlab_seats", 2}, {"scope", 1}};
        open();
    }
    static Task seated(unsigned n, std::uint32_t seats = 1) {
        return claiming(n, {.counted = {{"matlab_seats", seats}}});
    }
    std::vector<unsigned> given_to(const std::string& worker) {
        assign();
        auto numbers = take_numbers(worker);
        forget_effects();
        return numbers;
    }
    void nothing_given() {
        assign();
        forget_notes();
        nothing_left();
    }
    std::string told(unsigned n) { return core_->explain(id_of(n), when_.now).value_or("unknown"); }
    std::string refused(Task task) {
        submit({std::move(task)});
        return take_event(1, EventKind::rejected, TaskState::queued).text;
    }
};

TEST_F(DispatchCounted, GivesOutNoMoreThanTheLabHas) {
    join("w1");
    submit({seated(1), seated(2), seated(3), task_of(4)});
    EXPECT_THAT(given_to("w1"), ElementsAre(1, 2, 4)) << "what asks for no seat passes";
    EXPECT_EQ(core_->in_use("matlab_seats"), 2U);
    outcomes("w1", {outcome_of(2)});
    forget_effects();
    EXPECT_THAT(given_to("w1"), ElementsAre(3));
    EXPECT_EQ(core_->in_use("matlab_seats"), 2U);
}

TEST_F(DispatchCounted, CountsOverAllWorkers) {
    join("w1");
    join(hello_of("w2", 2), 4);
    submit({seated(1, 2)});
    assign();
    forget_effects();
    submit({seated(2)});
    nothing_given();
}

TEST_F(DispatchCounted, TakesAllThatATaskNamesOrNothing) {
    join("w1");
    submit({claiming(1, {.counted = {{"scope", 1}}})});
    EXPECT_THAT(given_to("w1"), ElementsAre(1));
    submit({claiming(2, {.counted = {{"matlab_seats", 2}, {"scope", 1}}}), seated(3)});
    EXPECT_THAT(given_to("w1"), ElementsAre(3)) << "the seats of task 2 were not held while it waits";
}

TEST_F(DispatchCounted, IsGivenBackByEveryWayInWhichAnAttemptIsOver) {
    const auto run_seated = [&](unsigned n) {
        submit({seated(n, 2)});
        assign();
        forget_effects();
        ASSERT_EQ(core_->in_use("matlab_seats"), 2U);
    };
    const auto is_free = [&] {
        forget_effects();
        return core_->in_use("matlab_seats") == 0;
    };
    join("w1", 100);
    run_seated(1);
    outcomes("w1", {outcome_of(1, 1, OutcomeStatus::failed)});
    EXPECT_TRUE(is_free());
    run_seated(2);
    from(peer_of("w1"), wire::Declined{ref_of(2), "it stops"});
    EXPECT_TRUE(is_free());
    cancel(2);
    pass(2 * options_.beat);
    from(peer_of("w1"), wire::Started{{}});
    run_seated(3);
    outcomes("w1", {outcome_of(3, 1, OutcomeStatus::could_not_run)});
    EXPECT_TRUE(is_free());
    cancel(3);
    forget_effects();
    run_seated(4);
    from(peer_of("w1"), hello_of("w1"));  // it does not have it
    EXPECT_TRUE(is_free());
    cancel(4);
    from(peer_of("w1"), wire::Credit{1, 1, 4});
    forget_effects();
    run_seated(5);
    pass(options_.lease + options_.beat);  // the worker is lost
    EXPECT_TRUE(is_free());
}

TEST_F(DispatchCounted, IsHeldByACancelledAttemptUntilItsWorkerHasStopped) {
    join("w1");
    run("w1", seated(1, 2));
    cancel(1);
    forget_effects();
    EXPECT_EQ(core_->in_use("matlab_seats"), 2U);
    outcomes("w1", {outcome_of(1, 1, OutcomeStatus::cancelled)});
    forget_effects();
    EXPECT_EQ(core_->in_use("matlab_seats"), 0U);
}

TEST_F(DispatchCounted, IsDurableBeforeTheTaskIsSent) {
    join("w1");
    submit({seated(1), task_of(2)});
    assign();
    take_journal<test::JournalAdd>(1);
    take_journal<test::JournalAdd>(2);
    EXPECT_FALSE(take_journal<JournalState>(1).soft);
    EXPECT_TRUE(take_journal<JournalState>(2).soft);
    forget_effects();
}

TEST_F(DispatchCounted, StaysHeldAcrossARestartUntilTheWorkerHasSpoken) {
    Recovered recovered{seated(1, 2), "c1", TaskState::running, "w1", {}};
    restart({recovered});
    EXPECT_EQ(core_->in_use("matlab_seats"), 2U);
    join(hello_of("w2", 2), 4);
    submit({seated(2)});
    nothing_given();
    wire::Hello hello = hello_of("w1");
    hello.held = {ref_of(1)};
    from(peer_of("w1"), hello);
    forget_effects();
    EXPECT_EQ(core_->in_use("matlab_seats"), 2U) << "adopted";
    outcomes("w1", {outcome_of(1)});
    forget_effects();
    EXPECT_THAT(given_to("w2"), ElementsAre(2));
}

TEST_F(DispatchCounted, IsGivenBackWhenAWorkerDoesNotComeBackAfterARestart) {
    restart({{seated(1, 2), "c1", TaskState::assigned, "w1", {}}});
    pass(options_.lease + options_.beat);
    EXPECT_EQ(core_->in_use("matlab_seats"), 0U);
    forget_effects();
}

TEST_F(DispatchCounted, OutlivesAConfigurationThatHasLess) {
    options_.resources = {{"matlab_seats", 1}};
    restart({{seated(1, 2), "c1", TaskState::running, "w1", {}},
             {claiming(2, {.counted = {{"scope", 1}}}), "c1", TaskState::running, "w1", {}}});
    wire::Hello hello = hello_of("w1");
    hello.held = {ref_of(1), ref_of(2)};
    from(peer_of("w1"), hello);
    forget_effects();
    credit("w1", 1, 2);
    submit({seated(3)});
    nothing_given();
    outcomes("w1", {outcome_of(1), outcome_of(2)});
    forget_effects();
    EXPECT_THAT(given_to("w1"), ElementsAre(3));
}

TEST_F(DispatchCounted, SaysWhatTheLabDoesNotHave) {
    join("w1");
    submit({claiming(1, {.counted = {{"lasers", 1}}}), seated(2, 3)});
    nothing_given();
    EXPECT_EQ(told(1), "the lab has no resource named lasers");
    EXPECT_EQ(told(2), "needs 3 matlab_seats, the lab has 2");
}

TEST_F(DispatchCounted, SaysWhatIsInUseAndThePlaceInLine) {
    join("w1", 100);
    submit({seated(1), seated(2)});
    assign();
    forget_effects();
    submit({seated(3), task_of(4), seated(5), seated(6), seated(7, 2)});
    assign();
    forget_effects();
    EXPECT_EQ(told(3), "2 of 2 matlab_seats in use; first in line");
    EXPECT_EQ(told(6), "2 of 2 matlab_seats in use; third in line") << "task 4 asks for none";
    EXPECT_EQ(told(7), "needs 2 matlab_seats: 2 of 2 matlab_seats in use; fourth in line");
}

TEST_F(DispatchCounted, RefusesWhatIsNoRequest) {
    EXPECT_EQ(refused(seated(1, 0)),
              "none of the counted resource matlab_seats is asked for: ask for 1 or more");
    EXPECT_EQ(core_->alive(), 0U);
}

TEST_F(DispatchCounted, BelievesAWorkerThatHoldsWhatItWasNeverGivenNoFurtherThanThereAreSeats) {
    restart(
        {{seated(1, 2), "c1", TaskState::queued, "", {}}, {seated(2, 2), "c1", TaskState::queued, "", {}}});
    wire::Hello liar = hello_of("w1");
    liar.held = {ref_of(1), ref_of(2)};
    from(peer_of("w1"), liar);
    forget_effects();
    EXPECT_EQ(core_->in_use("matlab_seats"), 2U) << "the second of its tasks is to be dropped";
    join(hello_of("w2", 2), 4);
    submit({seated(3)});
    nothing_given();
}

TEST(CountedPool, IsSmallWhereNothingIsAsked) {
    EXPECT_EQ(sizeof(CountedResources), sizeof(void*));
    EXPECT_LE(sizeof(Work), 320U) << "a million of them may wait";
}

}  // namespace
}  // namespace nias::core
