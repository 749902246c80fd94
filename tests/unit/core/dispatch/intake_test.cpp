// The answers to a Submit, an Outcomes report and a question.
#include "unit/core/dispatch/lab.hpp"

namespace nias::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class DispatchIntake : public DispatchLab {};

TEST_F(DispatchIntake, NotesAnAcceptedTaskAndTellsItsClient) {
    submit({task_of(1)});
    const auto entry = take_journal<test::JournalAdd>(1);
    EXPECT_EQ(entry.task, task_of(1));
    EXPECT_EQ(entry.client, "c1");
    EXPECT_EQ(entry.unix_ms, when_.unix_ms);
    const auto event = take_event(1, EventKind::accepted, TaskState::queued);
    EXPECT_EQ(event.attempt, 1U);
    EXPECT_EQ(event.text, "");
    EXPECT_EQ(core_->queued(), 1U);
    EXPECT_TRUE(core_->knows(id_of(1)));
}

TEST_F(DispatchIntake, NotesNeighboursThatAreAlikeOnce) {
    step([&](Effects& out) {
        core_->on(wire::Submit{"c1", {task_of(1), task_of(2), task_of(1), task_of(3), task_of(4, "bob")}},
                  when_, out);
        ASSERT_EQ(out.journal.adds().size(), 2U);
        EXPECT_THAT(out.journal.adds()[0].tasks.ids, ElementsAre(id_of(1), id_of(2), id_of(3)));
        EXPECT_THAT(out.journal.adds()[1].tasks.ids, ElementsAre(id_of(4)));
        EXPECT_EQ(out.journal.size(), 4U);
    });
    for (const unsigned n : {1U, 2U, 3U}) { EXPECT_EQ(take_journal<test::JournalAdd>(n).task, task_of(n)); }
    EXPECT_EQ(take_journal<test::JournalAdd>(4).task, task_of(4, "bob"));
    forget_effects();
    join("w1");
    assign();
    forget_effects();
    step([&](Effects& out) {
        core_->on(wire::Outcomes{"w1", {outcome_of(1), outcome_of(3)}}, when_, out);
        core_->on(wire::Outcomes{"w1", {outcome_of(2, 1, OutcomeStatus::failed)}}, when_, out);
        core_->on(wire::Outcomes{"w1", {outcome_of(4)}}, when_, out);
        ASSERT_EQ(out.journal.ends().size(), 3U);
        EXPECT_THAT(out.journal.ends()[0].outcomes.ids, ElementsAre(id_of(1), id_of(3)));
    });
    for (const unsigned n : {1U, 3U, 2U, 4U}) {
        Outcome outcome = n == 2 ? outcome_of(2, 1, OutcomeStatus::failed) : outcome_of(n);
        outcome.worker = "w1";
        EXPECT_EQ(take_journal<test::JournalEnd>(n).outcome, outcome);
    }
    forget_effects();
}

TEST_F(DispatchIntake, StartsAtTheFirstAttemptWhateverTheSubmitterSays) {
    submit({task_of(1, "ana", 77)});
    EXPECT_EQ(take_journal<test::JournalAdd>(1).task.attempt, 1U);
    EXPECT_EQ(take_event(1, EventKind::accepted, TaskState::queued).attempt, 1U);
}

TEST_F(DispatchIntake, AnswersARepeatedSubmitTheSameAndNotesNothing) {
    submit({task_of(1), task_of(1)});
    take_journal<test::JournalAdd>(1);
    const auto first = take_event(1, EventKind::accepted, TaskState::queued);
    EXPECT_EQ(take_event(1, EventKind::accepted, TaskState::queued), first);
    submit({task_of(1)}, "c2");
    EXPECT_EQ(take_event(1, EventKind::accepted, TaskState::queued, "c2"), first);
    EXPECT_EQ(core_->alive(), 1U);
}

TEST_F(DispatchIntake, TellsTheEndOfALivingTaskToTheClientThatSubmittedItLast) {
    join("w1");
    run("w1", task_of(1));
    submit({task_of(1)}, "c2");
    const auto again = take_event(1, EventKind::accepted, TaskState::running, "c2");
    EXPECT_EQ(again.attempt, 1U);
    nothing_left();  // no state, no attempt and no entry of the journal has changed
    outcomes("w1", {outcome_of(1)});
    take<wire::Settled>(peer_of("w1"));
    take_journal<test::JournalEnd>(1);
    take_event(1, EventKind::ended, TaskState::succeeded, "c2");
}

TEST_F(DispatchIntake, TellsEachOfItsTasksToItsOwnClientWhenOneOfThemWasHandedOver) {
    submit({task_of(1), task_of(2)});
    forget_effects();
    submit({task_of(2), task_of(3)}, "c2");
    take_event(2, EventKind::accepted, TaskState::queued, "c2");
    take_event(3, EventKind::accepted, TaskState::queued, "c2");
    take_journal<test::JournalAdd>(3);
    submit({task_of(1)}, "c2");  // the last of c1's
    take_event(1, EventKind::accepted, TaskState::queued, "c2");
    submit({task_of(3)});
    take_event(3, EventKind::accepted, TaskState::queued, "c1");
    for (const unsigned n : {1U, 2U, 3U}) {
        cancel(n);
        take_journal<test::JournalEnd>(n);
        take_event(n, EventKind::ended, TaskState::cancelled, n == 3 ? "c1" : "c2");
    }
}

TEST_F(DispatchIntake, HandsATaskOverThatIsTakenUpAgainAfterARestart) {
    Recovered recovered;
    recovered.task = task_of(1);
    recovered.client = "c1";
    restart({recovered});
    submit({task_of(1)}, "c2");
    take_event(1, EventKind::accepted, TaskState::queued, "c2");
    cancel(1);
    take_journal<test::JournalEnd>(1);
    take_event(1, EventKind::ended, TaskState::cancelled, "c2");
}

TEST_F(DispatchIntake, KeepsTheFirstOfTwoTasksWithOneId) {
    submit({task_of(1)});
    Task other = task_of(1, "bob");
    other.payload = {9, 9};
    submit({other}, "c2");
    forget_effects();
    join("w1");
    assign();
    EXPECT_EQ(take_given("w1").tasks.tasks, std::vector<Task>{task_of(1)});
    take_journal<JournalState>(1);
    take_event(1, EventKind::state, TaskState::assigned, "c1");
}

TEST_F(DispatchIntake, AnswersARepeatOfARunningTaskWithItsState) {
    join("w1");
    run("w1", task_of(1));
    submit({task_of(1)});
    take_event(1, EventKind::accepted, TaskState::running);
}

TEST_F(DispatchIntake, AnswersARepeatOfAnEndedTaskWithItsEnd) {
    join("w1");
    run("w1", task_of(1));
    outcomes("w1", {outcome_of(1)});
    take<wire::Settled>(peer_of("w1"));
    const auto end = take_end(1, TaskState::succeeded);
    submit({task_of(1)}, "c2");
    EXPECT_EQ(take_event(1, EventKind::ended, TaskState::succeeded, "c2"), end);
    EXPECT_EQ(core_->alive(), 0U);
}

struct Refusal {
    std::string words;
    std::function<void(Task&)> spoil;
};

TEST_F(DispatchIntake, RefusesInWordsWhatItCannotTake) {
    const std::vector<Refusal> refusals{
        {"no id", [](Task& task) { task.id = {}; }},
        {"no owner", [](Task& task) { task.owner.clear(); }},
        {"at most 128", [](Task& task) { task.owner.assign(129, 'a'); }},
        {"send it as a blob", [](Task& task) { task.payload.resize(kInlineMax + 1); }},
        {"at most 200", [](Task& task) { task.spec.name.assign(201, 'a'); }},
        {"at most 200", [](Task& task) { task.spec.runtime.assign(201, 'a'); }},
        {"max_attempts is 0", [](Task& task) { task.spec.max_attempts = 0; }},
        {"max_attempts is 101", [](Task& task) { task.spec.max_attempts = 101; }},
    };
    for (const Refusal& refusal : refusals) {
        Task task = task_of(1);
        refusal.spoil(task);
        const bool named = task.id != TaskId{};
        step([&](Effects& out) {
            core_->on(wire::Submit{"c1", {task}}, when_, out);
            ASSERT_EQ(out.events.size(), 1U);
            test::for_each_event(out.events, [&](const std::string&, const wire::Event& event) {
                EXPECT_EQ(event.kind, EventKind::rejected);
                EXPECT_EQ(event.code, wire::EventCode::invalid);
                EXPECT_THAT(event.text, HasSubstr(refusal.words));
                EXPECT_EQ(event.id, named ? id_of(1) : TaskId{});
            });
            EXPECT_TRUE(out.journal.empty() && out.sends.empty() && out.tasks.empty());
            out.clear();
        });
        EXPECT_FALSE(core_->knows(id_of(1)));
    }
}

TEST_F(DispatchIntake, TakesATaskAtEveryBound) {
    Task task = task_of(1, std::string(128, 'a'));
    task.payload.resize(kInlineMax);
    task.spec.name.assign(200, 'n');
    task.spec.runtime.assign(200, 'r');
    task.spec.max_attempts = 100;
    submit({task});
    take_journal<test::JournalAdd>(1);
    take_event(1, EventKind::accepted, TaskState::queued);
}

TEST_F(DispatchIntake, RefusesPastMaxQueuedAndTakesAgainOnceThereIsRoom) {
    options_.max_queued = 2;
    open();
    submit({task_of(1), task_of(2), task_of(3)});
    take_journal<test::JournalAdd>(1);
    take_journal<test::JournalAdd>(2);
    take_event(1, EventKind::accepted, TaskState::queued);
    take_event(2, EventKind::accepted, TaskState::queued);
    const wire::Event full = take_event(3, EventKind::rejected, TaskState::queued);
    EXPECT_EQ(full.code, wire::EventCode::queue_full);
    EXPECT_THAT(full.text, HasSubstr("2 tasks are waiting"));
    submit({task_of(2)});
    take_event(2, EventKind::accepted, TaskState::queued);  // a repeat needs no room
    join("w1", 1);
    assign();
    EXPECT_THAT(take_numbers("w1"), ElementsAre(1));
    forget_notes();
    submit({task_of(3)});
    take_journal<test::JournalAdd>(3);
    take_event(3, EventKind::accepted, TaskState::queued);
}

TEST_F(DispatchIntake, MakesNoJournalWithoutALedger) {
    options_.journals = false;
    open();
    join("w1");
    submit({task_of(1)});
    take_event(1, EventKind::accepted, TaskState::queued);
    assign();
    EXPECT_THAT(take_numbers("w1"), ElementsAre(1));
    take_event(1, EventKind::state, TaskState::assigned);
    outcomes("w1", {outcome_of(1)});
    take_event(1, EventKind::ended, TaskState::succeeded);
    take<wire::Settled>(peer_of("w1"));
}

TEST_F(DispatchIntake, EndsATaskByTheOutcomeOfEachStatus) {
    const std::vector<std::pair<OutcomeStatus, TaskState>> ends{
        {OutcomeStatus::succeeded, TaskState::succeeded},
        {OutcomeStatus::failed, TaskState::failed},
        {OutcomeStatus::cancelled, TaskState::cancelled},
        {OutcomeStatus::timed_out, TaskState::timed_out}};
    join("w1", 100);
    unsigned n = 0;
    for (const auto& [status, state] : ends) {
        run("w1", task_of(++n));
        outcomes("w1", {outcome_of(n, 1, status)});
        const auto end = take_end(n, state);
        EXPECT_EQ(end.outcome->status, status);
        EXPECT_EQ(end.outcome->worker, "w1") << "the report names the worker once for all";
        EXPECT_EQ(end.outcome->output, outcome_of(n).output);
        EXPECT_THAT(take<wire::Settled>(peer_of("w1")).attempts, ElementsAre(ref_of(n)));
    }
    EXPECT_EQ(core_->alive(), 0U);
    EXPECT_EQ(core_->fenced(), 0U);
}

TEST_F(DispatchIntake, SettlesALongReportInItsOrderAndEndsEachTaskOnce) {
    constexpr unsigned kTasks = 50;
    join("w1", kTasks);
    std::vector<Outcome> all;
    for (unsigned n = 1; n <= kTasks; ++n) {
        run("w1", task_of(n));
        all.push_back(outcome_of(n));
    }
    all.push_back(outcome_of(1));          // a repeat in the same report
    all.push_back(outcome_of(kTasks, 2));  // an attempt that there is not
    outcomes("w1", all);
    for (unsigned n = 1; n <= kTasks; ++n) {
        EXPECT_EQ(take_end(n, TaskState::succeeded).outcome->output, all[n - 1].output);
    }
    const auto settled = take<wire::Settled>("peer-w1").attempts;
    ASSERT_EQ(settled.size(), all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_EQ(settled[i], (AttemptRef{all[i].id, all[i].attempt}));
    }
    EXPECT_EQ(core_->fenced(), 2U);
    EXPECT_EQ(core_->alive(), 0U);
}

TEST_F(DispatchIntake, EndsAnAssignedTaskThatNeverSaidItStarted) {
    join("w1");
    submit({task_of(1)});
    assign();
    forget_effects();
    outcomes("w1", {outcome_of(1)});
    take_end(1, TaskState::succeeded);
    take<wire::Settled>(peer_of("w1"));
}

TEST_F(DispatchIntake, GivesATaskThatCouldNotRunOutAgain) {
    join("w1");
    run("w1", task_of(1));
    Outcome outcome = outcome_of(1, 1, OutcomeStatus::could_not_run);
    outcome.error = "no space";
    outcomes("w1", {outcome});
    EXPECT_EQ(take_requeued(1, 2).reason, "attempt 1: w1: no space");
    take<wire::Settled>(peer_of("w1"));
    assign();
    EXPECT_EQ(take_given("w1").tasks.tasks.front().attempt, 2U);
    take_journal<JournalState>(1);
    take_event(1, EventKind::state, TaskState::assigned);
}

TEST_F(DispatchIntake, EndsATaskWhoseAttemptsAreUsedUpWithEveryReasonAndItsUsage) {
    join("w1", 100);
    run("w1", with_attempts(1, 2));
    Outcome outcome = outcome_of(1, 1, OutcomeStatus::could_not_run);
    outcome.error = "no space";
    outcomes("w1", {outcome});
    assign();
    forget_effects();
    outcome.attempt = 2;
    outcome.error.clear();
    outcome.cause = Cause::sandbox;
    outcomes("w1", {outcome});
    const auto end = take_end(1, TaskState::lost);
    EXPECT_EQ(end.text, "attempt 1: w1: no space\nattempt 2: w1: could not run it");
    EXPECT_EQ(end.outcome->error, end.text);
    EXPECT_EQ(end.outcome->cause, Cause::sandbox);
    EXPECT_EQ(end.outcome->usage.wall_ms, 7U);
    take<wire::Settled>(peer_of("w1"));
}

TEST_F(DispatchIntake, CutsAnEndlessErrorAtTheEdgeOfACharacter) {
    join("w1");
    run("w1", task_of(1));
    Outcome outcome = outcome_of(1, 1, OutcomeStatus::failed);
    outcome.error = std::string(wire::kReasonBytesMax - 1, 'a') + "çã";
    outcomes("w1", {outcome});
    EXPECT_EQ(take_end(1, TaskState::failed).text, std::string(wire::kReasonBytesMax - 1, 'a'));
    take<wire::Settled>(peer_of("w1"));
}

TEST_F(DispatchIntake, AnswersAQuestionWithWhatItKnowsOfEach) {
    join("w1");
    run("w1", task_of(1));
    run("w1", task_of(2));
    outcomes("w1", {outcome_of(2)});
    submit({task_of(3)});
    forget_effects();
    from("someone", wire::Sync{{id_of(1), id_of(2), id_of(3), id_of(4)}});
    const auto events = take<wire::Events>("someone").events;
    ASSERT_EQ(events.size(), 4U);
    EXPECT_EQ(events[0].state, TaskState::running);
    EXPECT_EQ(events[0].text, "w1");
    EXPECT_EQ(events[1].kind, EventKind::ended);
    EXPECT_EQ(events[1].outcome->output, outcome_of(2).output);
    EXPECT_EQ(events[2].state, TaskState::queued);
    EXPECT_EQ(events[3].kind, EventKind::rejected);
    EXPECT_EQ(events[3].code, wire::EventCode::unknown);
    EXPECT_EQ(events[3].text, "the ventilator knows no such task");
    EXPECT_EQ(events[2].code, wire::EventCode::none);
}

TEST_F(DispatchIntake, AnswersALongQuestionInBatches) {
    wire::Sync sync;
    for (unsigned n = 0; n <= wire::kBatchItemsMax; ++n) { sync.ids.push_back(id_of(n)); }
    from("someone", sync);
    EXPECT_EQ(take<wire::Events>("someone").events.size(), wire::kBatchItemsMax);
    EXPECT_EQ(take<wire::Events>("someone").events.size(), 1U);
}

TEST_F(DispatchIntake, AnswersAQuestionAboutTasksWithLongHistoriesInFramesThatPass) {
    std::vector<Recovered> recovered;
    wire::Sync sync;
    for (unsigned n = 0; n < wire::kBatchItemsMax; ++n) {
        recovered.push_back({task_of(n), "c1", TaskState::queued, "", std::string(2'000, 'x')});
        sync.ids.push_back(id_of(n));
    }
    restart(std::move(recovered));
    from("someone", sync);
    std::size_t told = 0;
    while (told < sync.ids.size() && !HasFailure()) {
        const auto answer = take<wire::Events>("someone");
        EXPECT_LE(wire::encode(answer).size(), wire::kFrameBytesMax);
        told += answer.events.size();
    }
    EXPECT_EQ(told, sync.ids.size());
}

TEST_F(DispatchIntake, AnswersAQuestionAboutOutcomesWithManyNotesInFramesThatPass) {
    constexpr unsigned kTasks = 200;
    join("w1", kTasks);
    wire::Sync sync;
    for (unsigned n = 0; n < kTasks; ++n) {
        run("w1", task_of(n));
        Outcome outcome = outcome_of(n);
        outcome.notes.assign(wire::kNotesMax, std::string(wire::kNoteBytesMax, 'n'));
        outcomes("w1", {outcome});
        sync.ids.push_back(id_of(n));
    }
    forget_effects();
    from("someone", sync);
    std::size_t told = 0;
    while (told < sync.ids.size() && !HasFailure()) {
        const auto answer = take<wire::Events>("someone");
        EXPECT_LE(wire::encode(answer).size(), wire::kFrameBytesMax);
        told += answer.events.size();
    }
    EXPECT_EQ(told, sync.ids.size());
}

TEST_F(DispatchIntake, SaysNothingToAnEmptyQuestionOrAnEmptyReport) {
    join("w1");
    from("someone", wire::Sync{});
    outcomes("w1", {});
    submit({});
}

TEST_F(DispatchIntake, ForgetsEndedTasksPastItsBoundOldestFirst) {
    options_.recent_ended_max = 2;
    open();
    join("w1", 100);
    for (const unsigned n : {1U, 2U, 3U}) {
        run("w1", task_of(n));
        outcomes("w1", {outcome_of(n)});
    }
    forget_effects();
    EXPECT_FALSE(core_->knows(id_of(1)));
    EXPECT_TRUE(core_->knows(id_of(2)));
    EXPECT_TRUE(core_->knows(id_of(3)));
}

}  // namespace
}  // namespace nias::core
