// Which of two reports of a task is the later one.
#include "core/submit/last_report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace nias::core {
namespace {

using News = LastReport::News;

wire::Event report(wire::EventKind kind, TaskState state, Attempt attempt) {
    wire::Event event;
    event.kind = kind;
    event.state = state;
    event.attempt = attempt;
    return event;
}
wire::Event stands(TaskState state, Attempt attempt) {
    return report(wire::EventKind::state, state, attempt);
}
wire::Event ends(TaskState state, Attempt attempt) { return report(wire::EventKind::ended, state, attempt); }
wire::Event rejected(wire::EventCode code) {
    wire::Event event = report(wire::EventKind::rejected, TaskState::queued, 0);
    event.code = code;
    return event;
}

TEST(LastReport, FollowsATaskFromItsAcceptanceToItsEnd) {
    LastReport last;
    EXPECT_FALSE(last.accepted());
    EXPECT_EQ(last.hear(report(wire::EventKind::accepted, TaskState::queued, 1), {1, 1}), News::accepted);
    EXPECT_TRUE(last.accepted());
    EXPECT_EQ(last.hear(stands(TaskState::assigned, 1), {1, 2}), News::moved);
    EXPECT_EQ(last.hear(stands(TaskState::running, 1), {1, 3}), News::moved);
    EXPECT_EQ(last.hear(stands(TaskState::queued, 2), {1, 4}), News::moved);
    EXPECT_EQ(last.hear(stands(TaskState::assigned, 2), {1, 5}), News::moved);
    EXPECT_EQ(last.hear(ends(TaskState::failed, 2), {1, 6}), News::ended);
    EXPECT_TRUE(last.has_ended());
    EXPECT_EQ(last.state(), TaskState::failed);
    EXPECT_EQ(last.attempt(), 2U);
}

TEST(LastReport, FollowsAnAttemptThatIsLostFromSightAndComesBackWhileALaterOneHasNotBegun) {
    LastReport last;
    (void)last.hear(stands(TaskState::running, 1), {1, 1});
    EXPECT_EQ(last.hear(stands(TaskState::queued, 1), {1, 2}), News::moved) << "its machine is silent";
    EXPECT_EQ(last.hear(stands(TaskState::assigned, 2), {1, 3}), News::moved);
    EXPECT_EQ(last.hear(stands(TaskState::running, 1), {1, 4}), News::moved) << "it is back";
    EXPECT_EQ(last.state(), TaskState::running);
    EXPECT_EQ(last.attempt(), 1U);
}

TEST(LastReport, TellsARepeatedReportOnce) {
    LastReport last;
    EXPECT_EQ(last.hear(stands(TaskState::running, 3), {1, 1}), News::accepted);
    EXPECT_EQ(last.hear(stands(TaskState::running, 3), {1, 1}), News::nothing);
    EXPECT_EQ(last.hear(stands(TaskState::running, 3), {1, 5}), News::nothing) << "asked for, and the same";
    EXPECT_EQ(last.hear(ends(TaskState::succeeded, 3), {1, 6}), News::ended);
    EXPECT_EQ(last.hear(ends(TaskState::succeeded, 3), {1, 6}), News::nothing);
}

TEST(LastReport, PassesOverWhatWasOvertakenWhateverItsStateAndAttempt) {
    for (const TaskState state : {TaskState::queued, TaskState::assigned, TaskState::running}) {
        for (const Attempt attempt : {1U, 2U, 3U}) {
            LastReport last;
            (void)last.hear(stands(TaskState::assigned, 2), {1, 7});
            EXPECT_EQ(last.hear(stands(state, attempt), {1, 6}), News::nothing);
            EXPECT_EQ(last.state(), TaskState::assigned);
            EXPECT_EQ(last.attempt(), 2U);
        }
    }
}

TEST(LastReport, OfALaterLifeOfTheVentilatorIsLaterWhateverItsNumber) {
    LastReport last;
    (void)last.hear(stands(TaskState::assigned, 2), {1, 900});
    EXPECT_EQ(last.hear(stands(TaskState::running, 1), {2, 1}), News::moved);
    EXPECT_EQ(last.hear(stands(TaskState::running, 2), {1, 901}), News::nothing) << "it was long on its way";
    EXPECT_EQ(last.attempt(), 1U);
}

TEST(LastReport, WithoutPlacesTellsOfAcceptanceAndEndAlone) {
    LastReport last;
    EXPECT_EQ(last.hear(stands(TaskState::assigned, 1)), News::accepted);
    EXPECT_EQ(last.hear(stands(TaskState::running, 1)), News::nothing);
    EXPECT_EQ(last.hear(ends(TaskState::succeeded, 1)), News::ended);
}

TEST(LastReport, TakesAnEndForFinalWhateverComesBehind) {
    for (const TaskState end : {TaskState::succeeded, TaskState::failed, TaskState::cancelled,
                                TaskState::timed_out, TaskState::lost}) {
        LastReport last;
        (void)last.hear(stands(TaskState::running, 4), {1, 9});
        EXPECT_EQ(last.hear(ends(end, 3), {1, 8}), News::ended)
            << "the end of a task is its end, by whatever attempt";
        for (const TaskState state : kTaskStates) {
            EXPECT_EQ(last.hear(stands(state, 9), {1, 10}), News::nothing);
            EXPECT_EQ(last.hear(ends(state, 9), {1, 10}), News::nothing);
        }
        EXPECT_EQ(last.hear(rejected(wire::EventCode::unknown)), News::nothing);
        EXPECT_EQ(last.state(), end);
    }
}

TEST(LastReport, OfATaskThatWasNeverAcceptedARejectionIsARefusal) {
    for (const wire::EventCode code :
         {wire::EventCode::none, wire::EventCode::invalid, wire::EventCode::queue_full,
          wire::EventCode::unknown, wire::EventCode::conflict}) {
        LastReport last;
        EXPECT_EQ(last.hear(rejected(code)), News::refused);
        EXPECT_FALSE(last.accepted());
        EXPECT_EQ(last.hear(stands(TaskState::queued, 1)), News::accepted) << "it may be submitted again";
    }
}

TEST(LastReport, AnAcceptedTaskIsGoneOnlyWhereTheVentilatorDoesNotKnowIt) {
    LastReport last;
    (void)last.hear(stands(TaskState::assigned, 1));
    EXPECT_EQ(last.hear(rejected(wire::EventCode::queue_full)), News::nothing)
        << "that is older than its acceptance";
    EXPECT_EQ(last.hear(rejected(wire::EventCode::invalid)), News::nothing);
    EXPECT_EQ(last.hear(rejected(wire::EventCode::unknown)), News::gone);
    EXPECT_EQ(last.state(), TaskState::lost);
    EXPECT_TRUE(last.has_ended());
}

TEST(LastReport, ComesToTheSameInWhateverOrderReportsArrive) {
    std::vector<wire::Event> all{stands(TaskState::assigned, 1), stands(TaskState::queued, 2),
                                 stands(TaskState::running, 2), ends(TaskState::succeeded, 2)};
    std::vector<std::size_t> order{0, 1, 2, 3};
    do {
        LastReport last;
        std::size_t told_ends = 0;
        for (const std::size_t i : order) {
            told_ends += last.hear(all[i], {1, i + 1}) == News::ended ? 1U : 0U;
        }
        EXPECT_EQ(told_ends, 1U);
        EXPECT_EQ(last.state(), TaskState::succeeded);
        EXPECT_EQ(last.attempt(), 2U);
    } while (std::next_permutation(order.begin(), order.end()));
}

}  // namespace
}  // namespace nias::core
