// Files that another version made: brought up to date by their writer, or refused with a sentence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "store/ledger/ledger.hpp"
#include "store/results/results.hpp"
#include "store/sqlite/database.hpp"
#include "support/temp_folder.hpp"
#include "unit/store/records.hpp"

namespace nias::store {
namespace {

using test::alive_in;
using test::id_of;
using test::outcome_of;
using test::queued_task;
using testing::ElementsAre;

// The file of schema 2, as it was made by the version that had it.
class LedgerOfSchema2 : public testing::Test {
protected:
    void SetUp() override {
        const std::string sql = test::read_file(std::string(NIAS_TESTS_DIR) + "/golden/store/ledger_2.sql");
        ASSERT_FALSE(sql.empty());
        const auto made =
            Database::open(folder_ / "ledger.db", Database::Mode::write, {.sql = sql, .version = 2});
        ASSERT_TRUE(made) << made.error().message;
    }
    test::TempFolder folder_;
};

TEST_F(LedgerOfSchema2, IsBroughtUpToDateWithAllThatItHolds) {
    for (int opened = 0; opened < 2; ++opened) {  // the second time there is nothing to change
        auto ledger = Ledger::open(folder_.path());
        ASSERT_TRUE(ledger) << ledger.error().message;
        const auto alive = alive_in(*ledger);
        ASSERT_TRUE(alive) << alive.error().message;
        ASSERT_EQ(alive->size(), 1U);
        const TaskRecord& record = alive->front();
        EXPECT_EQ(record.task.id, id_of(7));
        EXPECT_EQ(record.task.attempt, 3U);
        EXPECT_EQ(record.worker, "lab2");
        EXPECT_EQ(record.task.spec.resources, (Resources{.cpus = 2, .memory_bytes = 4096}));
        const auto ended = ledger->find(id_of(8));
        ASSERT_TRUE(ended && *ended);
        EXPECT_EQ((*ended)->state, TaskState::succeeded);
    }
    EXPECT_TRUE(LedgerReader::open(folder_.path()));
}

TEST_F(LedgerOfSchema2, IsNotReadBeforeItsWriterHasChangedIt) {
    const auto reader = LedgerReader::open(folder_.path());
    ASSERT_FALSE(reader);
    EXPECT_EQ(reader.error().code, ErrorCode::unavailable);
    EXPECT_NE(reader.error().message.find("has schema 2: start the server"), std::string::npos);
}

/// The file of a schema, as it was made by the version that had it: tests/golden/store/ledger_<schema>.sql.
class LedgerOfSchema : public testing::TestWithParam<int> {
protected:
    void SetUp() override {
        const std::string sql = test::read_file(std::string(NIAS_TESTS_DIR) + "/golden/store/ledger_" +
                                                std::to_string(GetParam()) + ".sql");
        ASSERT_FALSE(sql.empty());
        ASSERT_TRUE(Database::open(folder_ / "ledger.db", Database::Mode::write,
                                   {.sql = sql, .version = GetParam()}));
        auto opened = Ledger::open(folder_.path());
        ASSERT_TRUE(opened) << opened.error().message;
        ledger_.emplace(std::move(*opened));
    }
    test::TempFolder folder_;
    std::optional<Ledger> ledger_;
};

TEST_P(LedgerOfSchema, IsBroughtUpToDateWithAllThatLives) {
    TaskRecord waits = queued_task(1);
    waits.task.spec.resources.counted = {{"matlab_seats", 2}};
    TaskRecord runs = queued_task(2);
    runs.task.attempt = 3;
    runs.state = TaskState::running;
    runs.worker = "lab2";
    runs.reason = "attempt 1: it broke";
    runs.started_unix_ms = 1'700'000'000'100;
    if (GetParam() >= 5) {  // from there on a task has a lease of its own, and numbers that are taken
        runs.task.spec.lease_s = 90;
        runs.issued = 5;
    }
    if (GetParam() >= 6) {
        runs.task.group = id_of(9);
        runs.task.group_size = 9;
        runs.task.spec.max_failures = 3;
        runs.failures = 1;
    }
    if (GetParam() >= 7) { runs.open = {1, 2}; }
    const auto alive = alive_in(*ledger_);
    ASSERT_TRUE(alive);
    EXPECT_THAT(*alive, ElementsAre(waits, runs));
    const auto orders = ledger_->orders();
    ASSERT_TRUE(orders);
    ASSERT_EQ(orders->size(), GetParam() >= 5 ? 1U : 0U);
    for (const WorkerOrder& order : *orders) { EXPECT_EQ(order.reason, "its fan"); }
}

TEST_P(LedgerOfSchema, IsBroughtUpToDateWithAllThatEnded) {
    TaskRecord told = queued_task(3);
    told.state = TaskState::succeeded;
    told.worker = "lab1";
    told.outcome = outcome_of(3);
    told.started_unix_ms = told.outcome->started_unix_ms;
    told.ended_unix_ms = 5000;
    EXPECT_EQ(*ledger_->find(id_of(3)), told);
    TaskRecord lost = queued_task(4);
    lost.task.attempt = 2;
    lost.state = TaskState::lost;
    lost.worker = "lab1";
    lost.reason = "gone";
    lost.ended_unix_ms = 6000;
    EXPECT_EQ(*ledger_->find(id_of(4)), lost);
    const auto counts = LedgerReader::open(folder_.path())->counts();
    ASSERT_TRUE(counts) << counts.error().message;
    EXPECT_EQ(counts->queued, 1U);
    EXPECT_EQ(counts->running, 1U);
    EXPECT_EQ(counts->ended, 2U);
}

TEST_P(LedgerOfSchema, GoesOnFromThereWithAllThatItsVersionDidNotKnow) {
    TaskRecord fresh = queued_task(5);
    fresh.task.attempt = 2;
    fresh.task.group = TaskId::make_group();
    fresh.task.group_size = 9;
    fresh.task.spec.max_failures = 3;
    fresh.task.spec.lease_s = 60;
    fresh.task.request = "3f2a";
    fresh.reason = "attempt 1: it failed";
    fresh.failures = 1;
    fresh.issued = 4;
    fresh.open = {1, 12};
    ASSERT_TRUE(ledger_->begin());
    ASSERT_TRUE(ledger_->add(fresh));
    ASSERT_TRUE(ledger_->commit());
    EXPECT_EQ(*ledger_->find(id_of(5)), fresh);
    auto reader = LedgerReader::open(folder_.path());
    ASSERT_TRUE(reader);
    const auto listed = reader->list({.group = fresh.task.group});
    ASSERT_TRUE(listed) << listed.error().message;
    EXPECT_THAT(*listed, ElementsAre(fresh));
}

INSTANTIATE_TEST_SUITE_P(FromEachThatWasReleased, LedgerOfSchema, testing::Values(3, 4, 5, 6, 7, 8, 9),
                         [](const auto& schema) { return std::to_string(schema.param); });

class ResultsOfSchema : public testing::TestWithParam<int> {};

TEST_P(ResultsOfSchema, AreBroughtUpToDateWithAllThatTheyHold) {
    const test::TempFolder folder;
    const std::string sql = test::read_file(std::string(NIAS_TESTS_DIR) + "/golden/store/results_" +
                                            std::to_string(GetParam()) + ".sql");
    ASSERT_FALSE(sql.empty());
    ASSERT_TRUE(
        Database::open(folder / "results.db", Database::Mode::write, {.sql = sql, .version = GetParam()}));
    EXPECT_EQ(Results::open_reader(folder.path()).error().code, ErrorCode::unavailable);
    auto results = Results::open(folder.path());
    ASSERT_TRUE(results) << results.error().message;
    EXPECT_EQ(*results->find({id_of(2), 1}), outcome_of(2));
    EXPECT_EQ(*results->of_task(id_of(1)), (std::vector{outcome_of(1), outcome_of(1, 2)}));
    const Outcome fresh = outcome_of(3);
    const wire::Runs<Outcome> runs{fresh};
    const ReportedOutcomes reported{&runs.runs().front(), fresh.worker};
    ASSERT_TRUE(results->add(std::span(&reported, 1)));
    EXPECT_EQ(*results->find({id_of(3), 1}), fresh);
}

INSTANTIATE_TEST_SUITE_P(FromEachThatWasReleased, ResultsOfSchema, testing::Values(2, 3),
                         [](const auto& schema) { return std::to_string(schema.param); });

TEST(Ledger, RefusesTheFileOfANewerVersionAndSaysSo) {
    const test::TempFolder folder;
    {
        auto database =
            Database::open(folder / "ledger.db", Database::Mode::write, {.sql = "", .version = 3});
        ASSERT_TRUE(database);
        ASSERT_TRUE((*database)->execute("PRAGMA user_version=99"));
    }
    for (const auto& refused :
         {Ledger::open(folder.path()).error(), LedgerReader::open(folder.path()).error()}) {
        EXPECT_EQ(refused.code, ErrorCode::corrupt);
        EXPECT_NE(refused.message.find("newer NIAS (schema 99)"), std::string::npos) << refused.message;
    }
}

TEST(TheLog, IsCutAgainAfterATransactionThatMadeItLarge) {
    constexpr std::uintmax_t kKept = 66'000'000;
    const test::TempFolder folder;
    const auto database = Database::open(folder / "x.db", Database::Mode::write,
                                         {.sql = "CREATE TABLE IF NOT EXISTS t (body BLOB)", .version = 1});
    ASSERT_TRUE(database) << database.error().message;
    const auto log = [&folder] { return std::filesystem::file_size(folder / "x.db-wal"); };
    ASSERT_TRUE((*database)->execute("INSERT INTO t VALUES (zeroblob(80000000))"));
    EXPECT_GT(log(), kKept);
    ASSERT_TRUE((*database)->execute("INSERT INTO t VALUES (x'01')"));  // the log begins again
    EXPECT_LE(log(), kKept);
}

}  // namespace
}  // namespace nias::store
