// The table of states, held against a list written independently of it: every edge, and every refused pair.
#include "core/task_machine.hpp"

#include <gtest/gtest.h>

#include <map>

namespace nias::core {
namespace {

using S = TaskState;
using E = TaskEvent;

std::map<std::pair<S, E>, S> expected() {
    std::map<std::pair<S, E>, S> edges{
        {{S::queued, E::sent}, S::assigned},       {{S::queued, E::adopted}, S::assigned},
        {{S::queued, E::cancelled}, S::cancelled}, {{S::assigned, E::started}, S::running},
        {{S::assigned, E::retracted}, S::queued},
    };
    for (const S held : {S::assigned, S::running}) {
        edges[{held, E::succeeded}] = S::succeeded;
        edges[{held, E::failed}] = S::failed;
        edges[{held, E::cancelled}] = S::cancelled;
        edges[{held, E::timed_out}] = S::timed_out;
        edges[{held, E::attempts_used_up}] = S::lost;
        for (const E back : {E::retried, E::could_not_run, E::declined, E::not_held, E::worker_lost}) {
            edges[{held, back}] = S::queued;
        }
    }
    return edges;
}

TEST(TaskMachine, TakesEveryEdgeAndRefusesEveryOtherPair) {
    const auto edges = expected();
    std::size_t taken = 0;
    for (const S from : kTaskStates) {
        for (const E event : kTaskEvents) {
            const auto edge = edges.find({from, event});
            const auto to = next(from, event);
            SCOPED_TRACE(std::string(to_string(from)) + ", event " + std::to_string(static_cast<int>(event)));
            EXPECT_EQ(to.has_value(), edge != edges.end());
            if (edge != edges.end()) { EXPECT_EQ(to, edge->second); }
            taken += to ? 1U : 0U;
        }
    }
    EXPECT_EQ(taken, kEdges.size());
}

TEST(TaskMachine, LeavesNoEndedState) {
    for (const S from : kTaskStates) {
        if (!has_ended(from)) { continue; }
        for (const E event : kTaskEvents) { EXPECT_FALSE(next(from, event)); }
    }
}

TEST(TaskMachine, GivesAReasonOnEveryEdge) {
    for (const Edge& edge : kEdges) { EXPECT_FALSE(edge.why.empty()); }
}

TEST(TaskMachine, NamesTheEventOfEachOutcome) {
    EXPECT_EQ(event_of(OutcomeStatus::succeeded), E::succeeded);
    EXPECT_EQ(event_of(OutcomeStatus::failed), E::failed);
    EXPECT_EQ(event_of(OutcomeStatus::cancelled), E::cancelled);
    EXPECT_EQ(event_of(OutcomeStatus::timed_out), E::timed_out);
    EXPECT_EQ(event_of(OutcomeStatus::could_not_run), E::could_not_run);
}

}  // namespace
}  // namespace nias::core
