// The submitter's brain: what it sends and when, what it makes of events, when it gives up.
#include "core/submit/submit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "unit/core/dispatch/records.hpp"

using namespace std::chrono_literals;

namespace nias::core {
namespace {

using Added = Submit::Added;
using Kind = SubmitEffects::Kind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// The core with a clock of its own. Unless a test says otherwise its events are known to come, and the
/// ventilator has answered for a task.
class SubmitTest : public ::testing::Test {
protected:
    SubmitTest() {
        core.heard(now);
        (void)core.add(task_of(kBefore));
        (void)sent();
        (void)hear_end(kBefore);
    }
    ~SubmitTest() override { core.check_invariants(); }
    SubmitTest(const SubmitTest&) = delete;
    SubmitTest& operator=(const SubmitTest&) = delete;

    /// Ids of the tasks in the Submits that are due, one list for each.
    std::vector<std::vector<TaskId>> sent() {
        std::vector<std::vector<TaskId>> out;
        for (std::vector<const wire::Run<Task>*> runs; core.next_submit(now, runs);) {
            auto& ids = out.emplace_back();
            for (const wire::Run<Task>* run : runs) {
                ids.insert(ids.end(), run->ids.begin(), run->ids.end());
            }
        }
        core.check_invariants();
        return out;
    }
    std::vector<TaskId> asked() {
        wire::Sync sync;
        return core.next_sync(now, sync) ? sync.ids : std::vector<TaskId>();
    }
    std::vector<TaskId> cancelled() {
        wire::Cancel cancel;
        return core.next_cancel(now, cancel) ? cancel.ids : std::vector<TaskId>();
    }
    /// One piece of news from the core, with the words of the event it points at.
    struct News {
        TaskId id;
        Kind kind;
        std::string words;
        TaskState state = TaskState::queued;
        bool operator==(const News&) const = default;
    };
    std::vector<News> hear(wire::Events events) {
        SubmitEffects effects;
        core.on(events, effects);
        core.check_invariants();
        return news(effects);
    }
    std::vector<News> hear(wire::EventKind kind, std::vector<TaskId> ids, std::string text = {}) {
        wire::Events events;
        events.standing.push_back({kind, TaskState::queued, 1, 0, std::move(text), std::move(ids)});
        return hear(std::move(events));
    }
    std::vector<News> hear_rejection(unsigned n, wire::EventCode code, std::string text) {
        wire::Events events;
        events.standing.push_back({.kind = wire::EventKind::rejected,
                                   .state = TaskState::queued,
                                   .attempt = 0,
                                   .unix_ms = 0,
                                   .text = std::move(text),
                                   .ids = {id_of(n)},
                                   .group = {},
                                   .code = code});
        return hear(std::move(events));
    }
    std::vector<News> hear_end(unsigned n, TaskState state = TaskState::succeeded) {
        wire::Events events;
        events.events.push_back({id_of(n), wire::EventKind::ended, state, 1, 0, {}, outcome_of(n)});
        return hear(std::move(events));
    }
    std::vector<News> tick() {
        SubmitEffects effects;
        core.tick(now, effects);
        core.check_invariants();
        return news(effects);
    }
    void accept(unsigned n) {
        ASSERT_EQ(core.add(task_of(n)), Added::presses);
        ASSERT_EQ(sent().size(), 1U);
        ASSERT_EQ(hear(wire::EventKind::accepted, {id_of(n)}).size(), 1U);
    }
    static std::vector<News> news(const SubmitEffects& effects) {
        std::vector<News> out;
        for (const auto& told : effects.told) {
            const wire::Event event = told.run != nullptr     ? told.run->item(told.place)
                                      : told.event != nullptr ? *told.event
                                                              : wire::Event{};
            out.push_back({told.id, told.kind, event.text, event.state});
        }
        return out;
    }

    static constexpr unsigned kBefore = 250;  ///< the task that was answered for before each test
    Time now = Time{} + 1h;
    Submit core{{.repeat_after = 1s}, now};
};

TEST_F(SubmitTest, SendsALoneTaskAtOnceAndAgainUntilItIsAnswered) {
    EXPECT_EQ(core.add(task_of(1)), Added::presses);
    EXPECT_THAT(sent(), ElementsAre(ElementsAre(id_of(1))));
    EXPECT_THAT(sent(), IsEmpty());
    for (int i = 0; i < 3; ++i) {
        now += 1s;
        EXPECT_THAT(sent(), ElementsAre(ElementsAre(id_of(1))));
    }
    EXPECT_THAT(hear(wire::EventKind::accepted, {id_of(1)}), ElementsAre(News{id_of(1), Kind::accepted, {}}));
    now += 1h;
    EXPECT_THAT(sent(), IsEmpty());
    EXPECT_EQ(core.unanswered(), 0U);
    EXPECT_TRUE(core.lives(id_of(1)));
}

TEST_F(SubmitTest, SendsAgainOnlyThoseOfABatchThatHaveNoAnswer) {
    ASSERT_EQ(core.add(task_of(0)), Added::presses);
    for (unsigned n = 1; n < 5; ++n) { ASSERT_EQ(core.add(task_of(n)), Added::waits); }
    ASSERT_EQ(sent().size(), 1U);
    (void)hear(wire::EventKind::accepted, {id_of(1), id_of(4)});
    (void)hear_end(2);
    now += 1s;
    EXPECT_THAT(sent(), ElementsAre(ElementsAre(id_of(0), id_of(3))));
}

TEST_F(SubmitTest, HoldsAFewBackWhileOthersAreUnansweredButNotForLong) {
    ASSERT_EQ(core.add(task_of(0)), Added::presses);
    ASSERT_EQ(sent().size(), 1U);
    EXPECT_EQ(core.add(task_of(1)), Added::waits);
    now += Submit::kHeldBack - 1ms;
    EXPECT_THAT(sent(), IsEmpty());
    EXPECT_EQ(core.patience(), Submit::kHeldBack);
    now += 1ms;
    EXPECT_THAT(sent(), ElementsAre(ElementsAre(id_of(1))));

    EXPECT_EQ(core.add(task_of(2)), Added::waits);
    (void)hear(wire::EventKind::accepted, {id_of(0), id_of(1)});
    EXPECT_THAT(sent(), ElementsAre(ElementsAre(id_of(2)))) << "the answer lets it go";
}

TEST_F(SubmitTest, LetsAFullBatchGoWhateverIsUnanswered) {
    ASSERT_EQ(core.add(task_of(0)), Added::presses);
    ASSERT_EQ(sent().size(), 1U);
    for (unsigned n = 1; n < Submit::kSubmitTasks; ++n) { ASSERT_EQ(core.add(task_of(n)), Added::waits); }
    EXPECT_EQ(core.add(task_of(Submit::kSubmitTasks)), Added::presses);
    const auto frames = sent();
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_EQ(frames.front().size(), Submit::kSubmitTasks);
}

TEST_F(SubmitTest, SendsNothingBeforeItsEventsAreKnownToComeButForAMoment) {
    Submit fresh({.repeat_after = 1s}, now);
    (void)fresh.add(task_of(1));
    std::vector<const wire::Run<Task>*> runs;
    now += Submit::kJoinedWithin - 1ms;
    EXPECT_FALSE(fresh.next_submit(now, runs));
    now += 1ms;
    EXPECT_TRUE(fresh.next_submit(now, runs));
}

TEST_F(SubmitTest, TellsAnEndOnceAndThatTheTaskWasAcceptedBefore) {
    (void)core.add(task_of(1));
    (void)sent();
    EXPECT_THAT(hear_end(1), ElementsAre(News{id_of(1), Kind::accepted, {}},
                                         News{id_of(1), Kind::ended, {}, TaskState::succeeded}));
    EXPECT_THAT(hear_end(1), IsEmpty());
    EXPECT_FALSE(core.lives(id_of(1)));
}

TEST_F(SubmitTest, GivesAnEndWithoutAnOutcomeOneWithItsReason) {
    accept(1);
    wire::Events events;
    events.events.push_back(
        {id_of(1), wire::EventKind::ended, TaskState::lost, 3, 0, "its worker was lost", std::nullopt});
    SubmitEffects effects;
    core.on(events, effects);
    ASSERT_EQ(effects.told.size(), 1U);
    const wire::Event end = effects.told.front().run->item(0);
    ASSERT_TRUE(end.outcome);
    EXPECT_EQ(end.outcome->status, OutcomeStatus::could_not_run);
    EXPECT_EQ(end.outcome->error, "its worker was lost");
    EXPECT_EQ(end.outcome->id, id_of(1));
}

TEST_F(SubmitTest, TellsARefusalInTheVentilatorsWordsAndForgetsTheTask) {
    (void)core.add(task_of(1));
    (void)sent();
    EXPECT_THAT(hear_rejection(1, wire::EventCode::queue_full, "try later"),
                ElementsAre(News{id_of(1), Kind::refused, "try later"}));
    EXPECT_FALSE(core.lives(id_of(1)));
    EXPECT_EQ(core.add(task_of(1)), Added::presses) << "it may be submitted again";
}

TEST_F(SubmitTest, TellsOfATaskThatItsVentilatorForgotAsLost) {
    accept(1);
    EXPECT_THAT(hear_rejection(1, wire::EventCode::queue_full, "try later"), IsEmpty())
        << "an accepted task was not refused: that report is older";
    EXPECT_THAT(hear_rejection(1, wire::EventCode::invalid, "unknown task"), IsEmpty())
        << "the code counts, whatever the words";
    EXPECT_THAT(hear_rejection(1, wire::EventCode::unknown, "it was restarted"),
                ElementsAre(News{id_of(1), Kind::gone, "it was restarted", TaskState::lost}));
    EXPECT_FALSE(core.lives(id_of(1)));
}

TEST_F(SubmitTest, AnUnansweredTaskIsNotEndedByTheAnswerToAnOlderQuestion) {
    core.watch(id_of(1));
    EXPECT_THAT(asked(), ElementsAre(id_of(1)));
    EXPECT_EQ(core.add(task_of(1)), Added::presses) << "it was watched, and nobody had submitted it";
    EXPECT_THAT(sent(), ElementsAre(ElementsAre(id_of(1))));
    EXPECT_THAT(hear_rejection(1, wire::EventCode::unknown, "no such task"), IsEmpty());
    EXPECT_TRUE(core.is_unanswered(id_of(1)));
}

TEST_F(SubmitTest, SaysThatAWatchedTaskIsUnknown) {
    core.watch(id_of(7));
    EXPECT_THAT(asked(), ElementsAre(id_of(7)));
    EXPECT_THAT(hear_rejection(7, wire::EventCode::unknown, "no such task"),
                ElementsAre(News{id_of(7), Kind::unknown, "no such task"}));
    core.watch(id_of(8));
    (void)asked();
    EXPECT_THAT(hear(wire::EventKind::state, {id_of(8)}), IsEmpty()) << "it lives, and is nobody's news";
    EXPECT_THAT(hear_end(8), ElementsAre(News{id_of(8), Kind::ended, {}, TaskState::succeeded}));
}

TEST_F(SubmitTest, AsksAboutSilentTasksInTurnAndEachOnceInATime) {
    for (unsigned n = 0; n < 600; ++n) { (void)core.add(task_of(n)); }
    (void)sent();
    std::vector<TaskId> all;
    for (unsigned n = 0; n < 600; ++n) { all.push_back(id_of(n)); }
    (void)hear(wire::EventKind::accepted, all);
    EXPECT_THAT(asked(), IsEmpty()) << "they have just been sent";
    now += 1s;
    std::vector<TaskId> in_turn;
    for (int round = 0; round < 3; ++round) {
        const auto some = asked();
        EXPECT_LE(some.size(), Submit::kSyncIds);
        in_turn.insert(in_turn.end(), some.begin(), some.end());
        now += Submit::kRound;
    }
    EXPECT_EQ(in_turn, all);
    EXPECT_THAT(asked(), IsEmpty());
}

TEST_F(SubmitTest, AsksSeldomWhileTheStreamBringsEvents) {
    accept(1);
    now += 1s;
    core.heard(now);
    EXPECT_THAT(asked(), ElementsAre(id_of(1)));
    now += 999ms;
    core.heard(now);
    EXPECT_THAT(asked(), IsEmpty());
    now += 1ms;
    core.heard(now);
    EXPECT_THAT(asked(), ElementsAre(id_of(1)));
}

TEST_F(SubmitTest, GivesAnUnansweredTaskUpAtItsDeadlineAndAnAcceptedOneNever) {
    (void)core.add(task_of(1));
    (void)core.add(task_of(2));
    core.give_up_at(id_of(1), now + 10s);
    core.give_up_at(id_of(2), now + 10s);
    core.give_up_at(id_of(2), now + 20s);  // the earlier one counts
    (void)sent();
    (void)hear(wire::EventKind::accepted, {id_of(1)});
    now += 10s - 1ms;
    EXPECT_THAT(tick(), IsEmpty());
    now += 1ms;
    EXPECT_THAT(tick(), ElementsAre(News{id_of(2), Kind::given_up, {}}));
    EXPECT_TRUE(core.lives(id_of(1)));
    EXPECT_FALSE(core.lives(id_of(2)));
    EXPECT_THAT(sent(), IsEmpty());
}

TEST_F(SubmitTest, SendsACancellationAgainUntilItsTaskHasEnded) {
    accept(1);
    ASSERT_TRUE(core.cancel(id_of(1)));
    ASSERT_TRUE(core.cancel(id_of(1)));
    EXPECT_THAT(cancelled(), ElementsAre(id_of(1), id_of(1)));
    EXPECT_THAT(cancelled(), IsEmpty());
    now += 1s;
    EXPECT_THAT(cancelled(), ElementsAre(id_of(1))) << "once, however often it was asked for";
    (void)hear_end(1, TaskState::cancelled);
    now += 1s;
    EXPECT_THAT(cancelled(), IsEmpty());
}

TEST_F(SubmitTest, SendsTheCancellationOfSomebodyElsesTaskOnce) {
    ASSERT_TRUE(core.cancel(id_of(9)));
    EXPECT_THAT(cancelled(), ElementsAre(id_of(9)));
    now += 1h;
    EXPECT_THAT(cancelled(), IsEmpty());
}

TEST_F(SubmitTest, SendsTheCancellationOfAGroupAgainUntilItIsForgotten) {
    const auto groups = [this] {
        wire::Cancel cancel;
        return core.next_cancel(now, cancel) ? cancel.groups : std::vector<TaskId>();
    };
    ASSERT_TRUE(core.cancel_group(id_of(7)));
    ASSERT_TRUE(core.cancel_group(id_of(7)));
    EXPECT_THAT(groups(), ElementsAre(id_of(7)));
    EXPECT_THAT(groups(), IsEmpty());
    now += 1s;
    ASSERT_TRUE(core.cancel_group(id_of(8)));
    EXPECT_THAT(groups(), ElementsAre(id_of(7), id_of(8)));
    core.forget_group(id_of(7));
    now += 1s;
    EXPECT_THAT(groups(), ElementsAre(id_of(8)));
    for (unsigned n = 100; n < 100 + wire::kGroupsMax - 1; ++n) { ASSERT_TRUE(core.cancel_group(id_of(n))); }
    EXPECT_FALSE(core.cancel_group(id_of(1))) << "its bound";
    EXPECT_TRUE(core.cancel_group(id_of(8))) << "and that is no further one";
}

TEST_F(SubmitTest, CancelsAGroupOnceWhereThatIsAskedFor) {
    const auto groups = [&] {
        wire::Cancel cancel;
        return core.next_cancel(now, cancel) ? cancel.groups : std::vector<TaskId>();
    };
    ASSERT_TRUE(core.cancel_group_once(id_of(7)));
    ASSERT_TRUE(core.cancel_group(id_of(8)));
    EXPECT_THAT(groups(), ElementsAre(id_of(8), id_of(7)));
    now += 1s;
    EXPECT_THAT(groups(), ElementsAre(id_of(8))) << "and never again";
    for (unsigned n = 0; n < wire::kGroupsMax; ++n) { ASSERT_TRUE(core.cancel_group_once(id_of(n))); }
    EXPECT_FALSE(core.cancel_group_once(id_of(1))) << "its bound";
    EXPECT_EQ(groups().size(), wire::kGroupsMax);
    EXPECT_THAT(groups(), IsEmpty());
}

TEST_F(SubmitTest, TakesNoMoreCancellationsThanItsBound) {
    for (std::size_t n = 0; n < Submit::kCancelsMax; ++n) { ASSERT_TRUE(core.cancel(id_of(1))); }
    EXPECT_FALSE(core.cancel(id_of(2)));
    EXPECT_EQ(cancelled().size(), wire::kBatchItemsMax);
    EXPECT_TRUE(core.cancel(id_of(2)));
}

TEST_F(SubmitTest, AForgottenTaskIsNeitherSentNorTold) {
    (void)core.add(task_of(1));
    core.forget(id_of(1));
    core.forget(id_of(2));
    EXPECT_THAT(sent(), IsEmpty());
    EXPECT_THAT(hear_end(1), IsEmpty());
    accept(3);
    core.forget(id_of(3));
    now += 1h;
    EXPECT_THAT(asked(), IsEmpty());
    EXPECT_THAT(hear_end(3), IsEmpty());
}

TEST_F(SubmitTest, ATaskThatLivesIsNotAddedTwice) {
    (void)core.add(task_of(1));
    EXPECT_EQ(core.add(task_of(1)), Added::lives);
    (void)sent();
    (void)hear(wire::EventKind::accepted, {id_of(1)});
    EXPECT_EQ(core.add(task_of(1)), Added::lives);
    EXPECT_THAT(sent(), IsEmpty());
}

}  // namespace
}  // namespace nias::core
