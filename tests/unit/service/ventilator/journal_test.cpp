// A ventilator's journal: batches are durable when it says so, in place or on its thread.
#include "service/ventilator/journal.hpp"

#include <gtest/gtest.h>

#include "support/temp_folder.hpp"

namespace nias::service {
namespace {

TaskId id_of(std::size_t number) {
    TaskId id;
    id.bytes[0] = 1;
    id.bytes[14] = static_cast<std::uint8_t>(number >> 8U);
    id.bytes[15] = static_cast<std::uint8_t>(number);
    return id;
}

void add(Journal::Batch& batch, std::size_t number) {
    Task shared;
    shared.owner = "ana";
    batch.add(number % 3 != 0, id_of(number), {}, shared, "c1", 5);
}

void end(Journal::Batch& batch, std::size_t number) {
    Outcome shared;
    shared.attempt = 1;
    shared.worker = "lab1";
    batch.end(number % 3 != 0, id_of(number), {TaskState::succeeded, 1, "", 6, shared, {}});
}

class JournalTest : public testing::Test {
protected:
    void SetUp() override {
        auto ledger = store::Ledger::open(folder_.path());
        ASSERT_TRUE(ledger) << ledger.error().message;
        journal_.emplace(std::move(*ledger), waker_);
        auto reader = store::LedgerReader::open(folder_.path());
        ASSERT_TRUE(reader);
        reader_.emplace(std::move(*reader));
    }
    std::uint64_t ended_in_ledger() { return reader_->counts()->ended; }

    test::TempFolder folder_;
    net::Waker waker_;
    std::optional<Journal> journal_;
    std::optional<store::LedgerReader> reader_;
};

TEST_F(JournalTest, WritesASmallBatchBeforeItReturns) {
    Journal::Batch batch;
    add(batch, 1);
    end(batch, 1);
    journal_->write(std::move(batch));
    const auto done = journal_->done();
    ASSERT_TRUE(done);
    EXPECT_TRUE(*done) << done->error().message;
    EXPECT_EQ(ended_in_ledger(), 1U);
}

TEST_F(JournalTest, WritesWhereATaskStandsWithAllThatARestartNeeds) {
    Journal::Batch batch;
    add(batch, 1);
    batch.stand({.id = id_of(1),
                 .state = TaskState::queued,
                 .attempt = 3,
                 .worker = "",
                 .reason = "attempt 1: no",
                 .unix_ms = 7,
                 .soft = false,
                 .issued = 5,
                 .failures = 1,
                 .open = {1, 2}});
    journal_->write(std::move(batch));
    ASSERT_TRUE(journal_->wait());
    const auto found = reader_->find(id_of(1));
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->task.attempt, 3U);
    EXPECT_EQ((*found)->reason, "attempt 1: no");
    EXPECT_EQ((*found)->issued, 5U);
    EXPECT_EQ((*found)->failures, 1U);
    EXPECT_EQ((*found)->open, (std::vector<Attempt>{1, 2}));
}

TEST_F(JournalTest, WritesALargeBatchInTheBackgroundAndWakesTheLoop) {
    Journal::Batch batch;
    for (std::size_t n = 1; n <= 4 * Journal::kInPlaceMax; ++n) {
        end(batch, n);  // the order of kinds is the journal's care
        add(batch, n);
    }
    journal_->write(std::move(batch));
    const auto woken = net::wait_readable({}, &waker_, std::chrono::seconds(30));
    EXPECT_TRUE(journal_->wait());
    ASSERT_TRUE(journal_->done());
    EXPECT_EQ(ended_in_ledger(), 4 * Journal::kInPlaceMax);
}

TEST_F(JournalTest, CommitsWhatItWasGivenBeforeItIsGone) {
    Journal::Batch batch;
    for (std::size_t n = 1; n <= 2 * Journal::kInPlaceMax; ++n) { add(batch, n); }
    journal_->write(std::move(batch));
    journal_.reset();
    EXPECT_EQ(reader_->counts()->queued, 2 * Journal::kInPlaceMax);
}

TEST_F(JournalTest, TellsWhyABatchIsNotDurableAndKeepsNoneOfIt) {
    Journal::Batch first;
    add(first, 1);
    journal_->write(std::move(first));
    ASSERT_TRUE(journal_->wait());
    Journal::Batch batch;
    for (std::size_t n = 2 * Journal::kInPlaceMax; n > 0; --n) { add(batch, n); }
    journal_->write(std::move(batch));
    const Status done = journal_->wait();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::conflict);
    journal_.reset();
    EXPECT_EQ(reader_->counts()->queued, 1U);
}

}  // namespace
}  // namespace nias::service
