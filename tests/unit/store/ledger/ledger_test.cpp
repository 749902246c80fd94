#include "store/ledger/ledger.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "store/ledger/schema.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/insert.hpp"
#include "support/temp_folder.hpp"
#include "unit/store/ledger/open_ledger.hpp"

namespace nias::store {
namespace {

using LedgerTest = test::OpenLedger;
using test::alive_in;
using test::change_to;
using test::id_of;
using test::outcome_of;
using test::queued_task;
using test::rows_in;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(LedgerTest, KeepsATaskAfterReopen) {
    committed([&] { add(queued_task(1)); });
    reopen();
    EXPECT_EQ(found(1), queued_task(1));
}

TEST_F(LedgerTest, KeepsWhatWasCommittedWhenItsProcessIsKilled) {
    constexpr std::uintmax_t whole_log = 16'000'000;
    EXPECT_GT(std::filesystem::file_size(folder_ / "ledger.db-wal"), whole_log)
        << "it is filled from the start";
    committed([&] { add(queued_task(1)); });
    const test::TempFolder killed;  // what its disk holds then
    for (const char* name : {"ledger.db", "ledger.db-wal"}) {
        std::filesystem::copy_file(folder_ / name, killed / name);
    }
    auto ledger = Ledger::open(killed.path());
    ASSERT_TRUE(ledger) << ledger.error().message;
    EXPECT_EQ(*ledger->find(id_of(1)), queued_task(1));
}

TEST_F(LedgerTest, KeepsAStateAndAnAttemptAfterReopen) {
    committed([&] { add(queued_task(1)); });
    committed([&] {
        change({.id = id_of(1),
                .state = TaskState::running,
                .attempt = 3,
                .worker = "lab2",
                .reason = "lab1 was lost",
                .unix_ms = 4321});
    });
    reopen();
    TaskRecord expected = queued_task(1);
    expected.state = TaskState::running;
    expected.task.attempt = 3;
    expected.worker = "lab2";
    expected.reason = "lab1 was lost";
    expected.started_unix_ms = 4321;
    EXPECT_EQ(found(1), expected);
}

TEST_F(LedgerTest, KeepsATaskThatIsAddedInALaterState) {
    TaskRecord record = queued_task(1);
    record.state = TaskState::assigned;
    record.worker = "lab1";
    committed([&] { add(record); });
    reopen();
    EXPECT_EQ(found(1), record);
}

TEST_F(LedgerTest, KeepsAnOutcomeWithEveryFieldAfterReopen) {
    committed([&] { add(queued_task(1)); });
    committed(
        [&] { end(change_to(TaskState::failed, 1, 1, 6000), outcome_of(1, 1, OutcomeStatus::failed)); });
    reopen();
    const TaskRecord record = found(1);
    EXPECT_EQ(record.state, TaskState::failed);
    EXPECT_EQ(record.ended_unix_ms, 6000);
    EXPECT_EQ(record.started_unix_ms, 4000);
    ASSERT_TRUE(record.outcome);
    EXPECT_EQ(*record.outcome, outcome_of(1, 1, OutcomeStatus::failed));
}

TEST_F(LedgerTest, TellsAnEndWithoutAnOutcomeFromOneWith) {
    committed([&] {
        add(queued_task(1));
        end(change_to(TaskState::cancelled, 1), std::nullopt);
    });
    EXPECT_EQ(found(1).state, TaskState::cancelled);
    EXPECT_FALSE(found(1).outcome);
}

TEST_F(LedgerTest, ForgetsATransactionThatWasNotCommitted) {
    committed([&] { add(queued_task(1)); });
    ASSERT_TRUE(ledger_->begin());
    add(queued_task(2));
    end(change_to(TaskState::succeeded, 1), outcome_of(1));
    reopen();  // as a process that dies before its commit
    EXPECT_EQ(found(1).state, TaskState::queued);
    EXPECT_FALSE(*ledger_->find(id_of(2)));
}

TEST_F(LedgerTest, ShowsReadersOnlyWhatIsCommitted) {
    auto reader = LedgerReader::open(folder_.path());
    ASSERT_TRUE(reader);
    ASSERT_TRUE(ledger_->begin());
    add(queued_task(1));
    EXPECT_FALSE(*reader->find(id_of(1)));
    ASSERT_TRUE(ledger_->commit());
    EXPECT_TRUE(*reader->find(id_of(1)));
}

TEST_F(LedgerTest, CommitsManyTasksAtOnce) {
    committed([&] {
        for (std::uint8_t number = 1; number <= 200; ++number) { add(queued_task(number)); }
    });
    reopen();
    const auto alive = alive_in(*ledger_);
    ASSERT_TRUE(alive);
    EXPECT_EQ(alive->size(), 200U);
}

TEST_F(LedgerTest, KeepsEachOfManyThatAreWrittenTogether) {
    constexpr std::uint8_t kMany = 2 * Insert::kRows + 3;
    std::vector<TaskRecord> records;
    std::vector<Outcome> outcomes;
    for (std::uint8_t number = 1; number <= kMany; ++number) {
        records.push_back(queued_task(number));
        outcomes.push_back(outcome_of(number));
    }
    const wire::Runs<Task> tasks = [&] {
        wire::Runs<Task> runs;
        for (const TaskRecord& record : records) { runs.push_back(record.task); }
        return runs;
    }();
    const wire::Runs<Outcome> ends(outcomes);
    const wire::Runs<Outcome> late{outcomes[0]};
    const std::vector<AcceptedTasks> accepted{{&tasks.runs()[0], "c1", 1'700'000'000'000}};
    const std::vector<EndedTasks> ended{{TaskState::succeeded, 1, "lab1", "", 6000, &ends.runs()[0]},
                                        {TaskState::failed, 1, "lab2", "late", 7000, &late.runs()[0], false}};
    committed([&] { ASSERT_TRUE(ledger_->add(accepted)); });
    committed([&] { change(change_to(TaskState::running, kMany)); });
    committed([&] { ASSERT_TRUE(ledger_->end(ended)); });
    reopen();
    for (std::uint8_t i = 0; i < kMany; ++i) {
        TaskRecord wanted = records[i];
        wanted.submitted_unix_ms = 1'700'000'000'000;
        wanted.state = TaskState::succeeded;
        wanted.worker = "lab1";
        wanted.started_unix_ms = outcomes[i].started_unix_ms;
        wanted.ended_unix_ms = 6000;
        wanted.outcome = outcomes[i];
        EXPECT_EQ(found(static_cast<std::uint8_t>(i + 1)), wanted);
    }
    EXPECT_TRUE(alive_in(*ledger_)->empty());
    EXPECT_EQ(ledger_->newest(), id_of(kMany));
}

TEST_F(LedgerTest, ShowsAReaderOneMomentFromItsBeginToItsEnd) {
    auto reader = LedgerReader::open(folder_.path());
    ASSERT_TRUE(reader);
    ASSERT_TRUE(reader->begin());
    EXPECT_FALSE(*reader->find(id_of(1)));
    committed([&] { add(queued_task(1)); });
    EXPECT_FALSE(*reader->find(id_of(1)));
    ASSERT_TRUE(reader->end());
    EXPECT_TRUE(*reader->find(id_of(1)));
}

TEST_F(LedgerTest, RefusesATaskThatIsThereAlready) {
    committed([&] { add(queued_task(1)); });
    ASSERT_TRUE(ledger_->begin());
    const auto again = ledger_->add(queued_task(1, "bob"));
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::conflict);
    ASSERT_TRUE(ledger_->commit());
    EXPECT_EQ(found(1).task.owner, "ana");
}

TEST_F(LedgerTest, NeverChangesATaskThatHasEnded) {
    committed([&] {
        add(queued_task(1));
        end(change_to(TaskState::succeeded, 1), outcome_of(1));
    });
    committed([&] {
        change(change_to(TaskState::running, 1, 2));
        end(change_to(TaskState::failed, 1, 2), outcome_of(1, 2, OutcomeStatus::failed));
    });
    EXPECT_EQ(found(1).state, TaskState::succeeded);
    EXPECT_EQ(*found(1).outcome, outcome_of(1));
    EXPECT_THAT(*alive_in(*ledger_), IsEmpty());
}

TEST_F(LedgerTest, ChangesNothingForATaskThatIsNotThere) {
    committed([&] { change(change_to(TaskState::running, 9)); });
    EXPECT_FALSE(*ledger_->find(id_of(9)));
    EXPECT_THAT(*alive_in(*ledger_), IsEmpty());
}

TEST_F(LedgerTest, GivesWhatIsAliveOldestFirst) {
    committed([&] {
        for (const std::uint8_t number : Bytes{3, 1, 4, 2}) { add(queued_task(number)); }
        change(change_to(TaskState::running, 2, 2));
        end(change_to(TaskState::lost, 3), std::nullopt);
    });
    reopen();
    const auto alive = alive_in(*ledger_);
    ASSERT_TRUE(alive);
    ASSERT_EQ(alive->size(), 3U);
    EXPECT_EQ((*alive)[0].task.id, id_of(1));
    EXPECT_EQ((*alive)[1].task.id, id_of(2));
    EXPECT_EQ((*alive)[1].state, TaskState::running);
    EXPECT_EQ((*alive)[1].task.attempt, 2U);
    EXPECT_EQ((*alive)[2], queued_task(4));
}

TEST_F(LedgerTest, ListsNewestFirstAndPagesOn) {
    committed([&] {
        for (std::uint8_t number = 1; number <= 5; ++number) { add(queued_task(number)); }
    });
    EXPECT_THAT(listed({.owner = {}, .state = {}, .text = "", .before = {}, .limit = 2}), ElementsAre(5, 4));
    EXPECT_THAT(listed({.owner = {}, .state = {}, .text = "", .before = id_of(4), .limit = 2}),
                ElementsAre(3, 2));
    EXPECT_THAT(listed({.owner = {}, .state = {}, .text = "", .before = id_of(2), .limit = 2}),
                ElementsAre(1));
    EXPECT_THAT(listed({.owner = {}, .state = {}, .text = "", .before = id_of(1), .limit = 2}), IsEmpty());
}

TEST_F(LedgerTest, FindsANameInWhateverCapitalsAndAccentsItIsSought) {
    committed([&] {
        add(queued_task(1, "ana", "Análise da Órbita"));
        add(queued_task(2, "ana", "АНАЛИЗ ΣΊΣΥΦΟΣ"));
        add(queued_task(3, "ana", "analise"));
    });
    const auto found = [&](const std::string& text) {
        return listed({.owner = {}, .state = {}, .text = text, .before = {}, .limit = 50});
    };
    EXPECT_THAT(found("ANÁLISE"), ElementsAre(3, 1));
    EXPECT_THAT(found("analise da orbita"), ElementsAre(1));
    EXPECT_THAT(found("órbita"), ElementsAre(1));
    EXPECT_THAT(found("анализ σίσυφος"), ElementsAre(2));
    EXPECT_THAT(found("análise ÓRBITA"), IsEmpty());
    EXPECT_THAT(found("LISE"), ElementsAre(3, 1));
}

TEST_F(LedgerTest, ListsByOwnerStateAndPartOfTheName) {
    committed([&] {
        add(queued_task(1, "ana", "Spectrum of rest"));
        add(queued_task(2, "bob", "spectrum of sleep"));
        add(queued_task(3, "ana", "100% fit"));
        change(change_to(TaskState::running, 1));
        end(change_to(TaskState::succeeded, 2), outcome_of(2));
    });
    EXPECT_THAT(listed({.owner = "ana", .state = {}, .text = "", .before = {}, .limit = 50}),
                ElementsAre(3, 1));
    EXPECT_THAT(listed({.owner = {}, .state = {}, .text = "SPECTRUM", .before = {}, .limit = 50}),
                ElementsAre(2, 1));
    EXPECT_THAT(listed({.owner = {}, .state = {}, .text = "%", .before = {}, .limit = 50}), ElementsAre(3));
    EXPECT_THAT(listed({.owner = {}, .state = {}, .text = "' OR 1=1 --", .before = {}, .limit = 50}),
                IsEmpty());
    EXPECT_THAT(listed({.owner = {}, .state = TaskState::queued, .text = "", .before = {}, .limit = 50}),
                ElementsAre(3));
    EXPECT_THAT(listed({.owner = {}, .state = TaskState::running, .text = "", .before = {}, .limit = 50}),
                ElementsAre(1));
    EXPECT_THAT(listed({.owner = "bob",
                        .state = TaskState::succeeded,
                        .text = "sleep",
                        .before = id_of(3),
                        .limit = 50}),
                ElementsAre(2));
    EXPECT_THAT(
        listed({.owner = "ana", .state = TaskState::succeeded, .text = "", .before = {}, .limit = 50}),
        IsEmpty());
}

TEST_F(LedgerTest, IsReadableByItsUserAlone) {
    struct stat info {};
    ASSERT_EQ(::stat((folder_ / "ledger.db").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST(Ledger, IsNotFoundByAReaderBeforeAVentilatorRan) {
    const test::TempFolder folder;
    const auto reader = LedgerReader::open(folder.path());
    ASSERT_FALSE(reader);
    EXPECT_EQ(reader.error().code, ErrorCode::not_found);
}

TEST(Ledger, RefusesAFileThatIsNoDatabaseAndNamesIt) {
    const test::TempFolder folder;
    test::write_file(folder / "ledger.db", std::string(8192, 'x'));
    const auto ledger = Ledger::open(folder.path());
    ASSERT_FALSE(ledger);
    EXPECT_EQ(ledger.error().code, ErrorCode::corrupt);
    EXPECT_NE(ledger.error().message.find(folder / "ledger.db"), std::string::npos) << ledger.error().message;
    EXPECT_EQ(test::read_file(folder / "ledger.db"), std::string(8192, 'x'));  // left for whoever repairs it
}

TEST_F(LedgerTest, WritesOnceWhatNeighboursShare) {
    committed([&] {
        for (std::uint8_t n = 1; n <= 3; ++n) { add(queued_task(n, "ana")); }
        add(queued_task(4, "eva"));
        for (std::uint8_t n = 5; n <= 6; ++n) { add(queued_task(n, "ana")); }
    });
    committed([&] {
        for (std::uint8_t n = 1; n <= 5; ++n) { end(change_to(TaskState::succeeded, n), outcome_of(n)); }
        end(change_to(TaskState::cancelled, 6), std::nullopt);
    });
    EXPECT_EQ(rows_in(folder_ / "ledger.db", ledger_schema().version, "task_rows"), 6);
    EXPECT_EQ(rows_in(folder_ / "ledger.db", ledger_schema().version, "task_heads"), 2);
    EXPECT_EQ(rows_in(folder_ / "ledger.db", ledger_schema().version, "end_rows"), 6);
    EXPECT_EQ(rows_in(folder_ / "ledger.db", ledger_schema().version, "end_heads"), 2);
    EXPECT_EQ(found(5).task, queued_task(5).task);
    EXPECT_EQ(found(5).outcome, outcome_of(5));
    EXPECT_EQ(found(4).task.owner, "eva");
    EXPECT_EQ(found(6).outcome, std::nullopt);
}

TEST_F(LedgerTest, KeepsTheCountedResourcesOfATask) {
    TaskRecord record = queued_task(1);
    record.task.spec.resources.counted = {{"matlab_seats", 2}, {"scope", 4'294'967'295}};
    committed([&] {
        add(record);
        add(queued_task(2));
    });
    reopen();
    EXPECT_EQ(found(1).task, record.task);
    EXPECT_TRUE(found(2).task.spec.resources.counted.empty());
    const auto alive = alive_in(*ledger_);
    ASSERT_TRUE(alive);
    EXPECT_EQ(alive->front().task, record.task);
}

TEST(Ledger, SaysWhereADataDirectoryCannotBeMade) {
    const test::TempFolder folder;
    test::write_file(folder / "file", "");
    const auto ledger = Ledger::open(folder / "file/data");
    ASSERT_FALSE(ledger);
    EXPECT_EQ(ledger.error().code, ErrorCode::unavailable);
    EXPECT_NE(ledger.error().message.find("file"), std::string::npos);
}

}  // namespace
}  // namespace nias::store
