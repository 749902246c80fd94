#include "store/results/results.hpp"

#include <gtest/gtest.h>

#include "store/sqlite/database.hpp"
#include "store/sqlite/insert.hpp"
#include "support/temp_folder.hpp"
#include "unit/store/records.hpp"

namespace nias::store {
namespace {

using test::id_of;
using test::outcome_of;
using test::rows_in;

class ResultsTest : public testing::Test {
protected:
    void SetUp() override { reopen(); }
    void reopen() {
        results_.reset();
        auto opened = Results::open(folder_.path());
        ASSERT_TRUE(opened) << opened.error().message;
        results_.emplace(std::move(*opened));
    }
    static Status add(Results& to, const std::vector<Outcome>& outcomes) {
        const wire::Runs<Outcome> runs(outcomes);
        std::vector<ReportedOutcomes> reported;
        for (const auto& run : runs.runs()) { reported.push_back({&run, run.shared.worker}); }
        return to.add(reported);
    }
    [[nodiscard]] Status add(const std::vector<Outcome>& outcomes) { return add(*results_, outcomes); }
    std::optional<Outcome> found(std::uint8_t number, Attempt attempt) {
        auto outcome = results_->find({id_of(number), attempt});
        EXPECT_TRUE(outcome);
        return *outcome;
    }

    test::TempFolder folder_;
    std::optional<Results> results_;
};

TEST_F(ResultsTest, KeepsOutcomesWithEveryFieldAfterReopen) {
    ASSERT_TRUE(add({outcome_of(1), outcome_of(2, 3, OutcomeStatus::failed)}));
    reopen();
    EXPECT_EQ(found(1, 1), outcome_of(1));
    EXPECT_EQ(found(2, 3), outcome_of(2, 3, OutcomeStatus::failed));
    EXPECT_EQ(found(2, 1), std::nullopt);
}

TEST_F(ResultsTest, KeepsTheFirstOutcomeOfAnAttempt) {
    ASSERT_TRUE(add({outcome_of(1)}));
    ASSERT_TRUE(add({outcome_of(1, 1, OutcomeStatus::failed), outcome_of(2)}));
    EXPECT_EQ(found(1, 1), outcome_of(1));
    EXPECT_EQ(found(2, 1), outcome_of(2));  // what came with a repeat is taken
}

// A worker repeats every second what a ventilator that is down does not settle.
TEST_F(ResultsTest, GrowByNothingWhenOutcomesAreRepeated) {
    Outcome other = outcome_of(2);
    other.worker = "lab2";
    for (int told = 0; told < 5; ++told) {
        ASSERT_TRUE(add({outcome_of(1), other, outcome_of(1)}));
        reopen();  // heads that were written before are not known any more
    }
    Outcome late = outcome_of(1, 1, OutcomeStatus::failed);
    ASSERT_TRUE(add({late, outcome_of(3), late}));
    EXPECT_EQ(rows_in(folder_ / "results.db", 4, "outcome_rows"), 3);
    EXPECT_LE(rows_in(folder_ / "results.db", 4, "outcome_heads"), 3);
    EXPECT_EQ(found(1, 1), outcome_of(1));
    EXPECT_EQ(found(2, 1), other);
    EXPECT_EQ(found(3, 1), outcome_of(3));
}

TEST_F(ResultsTest, WriteOnceWhatNeighboursShare) {
    ASSERT_TRUE(add({outcome_of(1), outcome_of(2), outcome_of(3, 2)}));
    ASSERT_TRUE(add({outcome_of(4), outcome_of(5, 1, OutcomeStatus::failed)}));
    EXPECT_EQ(rows_in(folder_ / "results.db", 4, "outcome_rows"), 5);
    EXPECT_EQ(rows_in(folder_ / "results.db", 4, "outcome_heads"), 2);
}

TEST_F(ResultsTest, KeepsEachOfManyThatAreAddedAtOnce) {
    std::vector<Outcome> all;
    for (std::uint8_t n = 1; n <= 2 * Insert::kRows + 3; ++n) { all.push_back(outcome_of(n)); }
    ASSERT_TRUE(add(all));
    reopen();
    for (std::uint8_t n = 1; n <= 2 * Insert::kRows + 3; ++n) { EXPECT_EQ(found(n, 1), outcome_of(n)); }
}

TEST_F(ResultsTest, GivesTheOutcomesOfATaskByAttempt) {
    ASSERT_TRUE(add({outcome_of(1, 3), outcome_of(2, 1), outcome_of(1, 1, OutcomeStatus::could_not_run)}));
    const auto history = results_->of_task(id_of(1));
    ASSERT_TRUE(history);
    ASSERT_EQ(history->size(), 2U);
    EXPECT_EQ((*history)[0].attempt, 1U);
    EXPECT_EQ((*history)[1].attempt, 3U);
    EXPECT_TRUE(results_->of_task(id_of(9))->empty());
}

TEST_F(ResultsTest, GiveTheAttemptsBeforeTheCurrentOneToWhoReadsTheFolder) {
    ASSERT_TRUE(add({outcome_of(1, 1, OutcomeStatus::could_not_run), outcome_of(1, 3, OutcomeStatus::failed),
                     outcome_of(1, 4), outcome_of(2, 1)}));
    const auto earlier = read_earlier_attempts(folder_.path(), {id_of(1), 4});
    ASSERT_TRUE(earlier) << earlier.error().message;
    ASSERT_EQ(earlier->size(), 2U) << "the second was lost, and has none";
    EXPECT_EQ((*earlier)[0], outcome_of(1, 1, OutcomeStatus::could_not_run));
    EXPECT_EQ((*earlier)[1].attempt, 3U);
    EXPECT_TRUE(read_earlier_attempts(folder_.path(), {id_of(1), 1})->empty());
    const test::TempFolder nobody;
    EXPECT_TRUE(read_earlier_attempts(nobody.path(), {id_of(1), 4})->empty()) << "no sink has run there";
}

TEST_F(ResultsTest, AreReadByAnotherWhileTheyAreWritten) {
    auto reader = Results::open_reader(folder_.path());
    ASSERT_TRUE(reader);
    ASSERT_TRUE(add({outcome_of(1)}));
    const auto seen = reader->find({id_of(1), 1});
    ASSERT_TRUE(seen);
    EXPECT_EQ(*seen, outcome_of(1));
    EXPECT_FALSE(add(*reader, {outcome_of(2)}));  // a reader writes nothing
    EXPECT_EQ(found(2, 1), std::nullopt);
}

TEST(Results, AreNotFoundByAReaderBeforeASinkRan) {
    const test::TempFolder folder;
    EXPECT_EQ(Results::open_reader(folder.path()).error().code, ErrorCode::not_found);
}

TEST(Results, RefuseAFileThatIsNoDatabaseAndNameIt) {
    const test::TempFolder folder;
    test::write_file(folder / "results.db", std::string(8192, 'x'));
    const auto results = Results::open(folder.path());
    ASSERT_FALSE(results);
    EXPECT_EQ(results.error().code, ErrorCode::corrupt);
    EXPECT_NE(results.error().message.find(folder / "results.db"), std::string::npos);
}

TEST_F(ResultsTest, EraseEveryAttemptOfATaskAndNothingElse) {
    ASSERT_TRUE(add({outcome_of(1), outcome_of(1, 2), outcome_of(2)}));
    const TaskId ids[] = {id_of(1), id_of(9)};
    ASSERT_TRUE(results_->erase(ids));
    ASSERT_TRUE(results_->erase(ids));  // a repeat changes nothing
    EXPECT_EQ(found(1, 1), std::nullopt);
    EXPECT_EQ(found(1, 2), std::nullopt);
    EXPECT_EQ(found(2, 1), outcome_of(2));
    ASSERT_TRUE(add({outcome_of(3)}));
    EXPECT_EQ(found(3, 1), outcome_of(3));
}

TEST_F(ResultsTest, SpareTheOutputsThatAnOutcomeStillNames) {
    Outcome other = outcome_of(2);
    other.output_blob->hash.bytes[0] = 7;
    ASSERT_TRUE(add({outcome_of(1), other}));
    const std::set<BlobHash> both{outcome_of(1).output_blob->hash, other.output_blob->hash};
    std::set<BlobHash> unused = both;
    ASSERT_TRUE(results_->spare_used(unused));
    EXPECT_TRUE(unused.empty());
    const TaskId first[] = {id_of(1)};
    ASSERT_TRUE(results_->erase(first));
    unused = both;
    ASSERT_TRUE(results_->spare_used(unused));
    EXPECT_EQ(unused, std::set{outcome_of(1).output_blob->hash});
    reopen();
    EXPECT_EQ(rows_in(folder_ / "results.db", 4, "outcome_heads"), 1);
    EXPECT_EQ(found(2, 1), other);
}

TEST_F(ResultsTest, OfAReaderEraseNothing) {
    ASSERT_TRUE(add({outcome_of(1)}));
    auto reader = Results::open_reader(folder_.path());
    ASSERT_TRUE(reader);
    const TaskId ids[] = {id_of(1)};
    EXPECT_EQ(reader->erase(ids).error().code, ErrorCode::conflict);
    EXPECT_EQ(found(1, 1), outcome_of(1));
}

}  // namespace
}  // namespace nias::store
