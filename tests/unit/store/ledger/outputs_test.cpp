// Long outputs are kept once: by the results where those have them, else by the ledger itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/ledger/schema.hpp"
#include "store/results/results.hpp"
#include "unit/store/ledger/open_ledger.hpp"

namespace nias::store {
namespace {

using test::change_to;
using test::id_of;
using test::outcome_of;
using test::queued_task;
using testing::ElementsAre;

class LedgerOutputs : public test::OpenLedger {
protected:
    static Outcome with_output(std::uint8_t number, std::size_t bytes, Attempt attempt = 1) {
        Outcome outcome = outcome_of(number, attempt);
        outcome.output.assign(bytes, static_cast<std::uint8_t>(number));
        return outcome;
    }
    /// The sink stores an outcome before the ventilator hears of it.
    void store_in_results(const Outcome& outcome) {
        auto results = Results::open(folder_.path());
        ASSERT_TRUE(results) << results.error().message;
        const wire::Runs<Outcome> runs{outcome};
        const ReportedOutcomes reported{&runs.runs().front(), outcome.worker};
        ASSERT_TRUE(results->add(std::span(&reported, 1)));
    }
    void end_with(std::uint8_t number, const Outcome& outcome) {
        committed([&] {
            add(queued_task(number));
            end(change_to(TaskState::succeeded, number, outcome.attempt), outcome);
        });
    }
    std::int64_t bytes_in_ledger() {
        auto database = Database::open(folder_ / "ledger.db", Database::Mode::read,
                                       {.sql = "", .version = ledger_schema().version});
        EXPECT_TRUE(database);
        auto sum = (*database)->prepare("SELECT coalesce(sum(length(output)), 0) FROM end_rows");
        EXPECT_TRUE(sum && sum->step());
        return sum->integer();
    }
    std::optional<Outcome> read_outcome_of(std::uint8_t number) {
        auto reader = LedgerReader::open(folder_.path());
        EXPECT_TRUE(reader);
        auto record = reader->find(id_of(number));
        EXPECT_TRUE(record && *record);
        return (*record)->outcome;
    }
};

TEST_F(LedgerOutputs, AreLeftToTheResultsThatHaveThemAndReadFromThere) {
    const Outcome outcome = with_output(1, 4'000);
    store_in_results(outcome);
    end_with(1, outcome);
    EXPECT_EQ(bytes_in_ledger(), 0);
    EXPECT_EQ(read_outcome_of(1), outcome);
    EXPECT_EQ(found(1).outcome, outcome);
    reopen();
    EXPECT_EQ(found(1).outcome, outcome);
}

TEST_F(LedgerOutputs, AreThoseOfTheAttemptThatEndedTheTask) {
    store_in_results(with_output(9, 500, 1));
    Outcome last = with_output(1, 500, 2);
    last.id = id_of(9);
    store_in_results(last);
    committed([&] {
        add(queued_task(9));
        end(change_to(TaskState::succeeded, 9, 2), last);
    });
    EXPECT_EQ(bytes_in_ledger(), 0);
    EXPECT_EQ(read_outcome_of(9), last);
}

TEST_F(LedgerOutputs, AreKeptByTheLedgerWhereThereAreNoResults) {
    const Outcome outcome = with_output(1, 4'000);
    end_with(1, outcome);
    EXPECT_EQ(bytes_in_ledger(), 4'000);
    EXPECT_EQ(read_outcome_of(1), outcome);
}

TEST_F(LedgerOutputs, AreKeptByTheLedgerWhereTheResultsHaveAnother) {
    store_in_results(with_output(1, 4'000));
    Outcome other = with_output(1, 4'000);
    other.output.back() ^= 1U;
    end_with(1, other);
    EXPECT_EQ(bytes_in_ledger(), 4'000);
    EXPECT_EQ(read_outcome_of(1), other);
    end_with(2, with_output(2, 300));  // the results have nothing of this one
    EXPECT_EQ(read_outcome_of(2), with_output(2, 300));
}

TEST_F(LedgerOutputs, AreKeptByTheLedgerWhereTheyAreShort) {
    const Outcome outcome = with_output(1, 100);
    store_in_results(outcome);
    end_with(1, outcome);
    EXPECT_EQ(bytes_in_ledger(), 100);
    EXPECT_EQ(read_outcome_of(1), outcome);
}

TEST_F(LedgerOutputs, AreMissedInWordsWhereTheResultsHaveThemNoMore) {
    const Outcome outcome = with_output(1, 4'000);
    store_in_results(outcome);
    end_with(1, outcome);
    {
        auto results = Results::open(folder_.path());
        ASSERT_TRUE(results);
        const TaskId id = id_of(1);
        ASSERT_TRUE(results->erase(std::span(&id, 1)));
    }
    const auto read = read_outcome_of(1);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->status, OutcomeStatus::succeeded);
    EXPECT_TRUE(read->output.empty());
    EXPECT_THAT(read->notes, ElementsAre("first note", "second note",
                                         "its output cannot be read: results.db does not have it"));
}

}  // namespace
}  // namespace nias::store
