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

core::JournalAdd added(std::size_t number) {
    core::JournalAdd add;
    add.task.id = id_of(number);
    add.task.owner = "ana";
    add.client = "c1";
    return add;
}

core::JournalEnd ended(std::size_t number) {
    core::JournalEnd end;
    end.id = id_of(number);
    end.worker = "lab1";
    end.outcome.id = end.id;
    end.outcome.attempt = 1;
    return end;
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
    journal_->write({added(1), ended(1)});
    const auto done = journal_->done();
    ASSERT_TRUE(done);
    EXPECT_TRUE(*done) << done->error().message;
    EXPECT_EQ(ended_in_ledger(), 1U);
}

TEST_F(JournalTest, WritesALargeBatchInTheBackgroundAndWakesTheLoop) {
    Journal::Batch batch;
    for (std::size_t n = 1; n <= 4 * Journal::kInPlaceMax; ++n) {
        batch.emplace_back(ended(n));  // the order of kinds is the journal's care
        batch.emplace_back(added(n));
    }
    journal_->write(std::move(batch));
    const auto woken = net::wait_readable({}, &waker_, std::chrono::seconds(30));
    EXPECT_TRUE(journal_->wait());
    ASSERT_TRUE(journal_->done());
    EXPECT_EQ(ended_in_ledger(), 4 * Journal::kInPlaceMax);
}

TEST_F(JournalTest, CommitsWhatItWasGivenBeforeItIsGone) {
    Journal::Batch batch;
    for (std::size_t n = 1; n <= 2 * Journal::kInPlaceMax; ++n) { batch.emplace_back(added(n)); }
    journal_->write(std::move(batch));
    journal_.reset();
    EXPECT_EQ(reader_->counts()->queued, 2 * Journal::kInPlaceMax);
}

TEST_F(JournalTest, TellsWhyABatchIsNotDurableAndKeepsNoneOfIt) {
    journal_->write({added(1)});
    ASSERT_TRUE(journal_->wait());
    Journal::Batch batch;
    for (std::size_t n = 2 * Journal::kInPlaceMax; n > 0; --n) { batch.emplace_back(added(n)); }
    journal_->write(std::move(batch));
    const Status done = journal_->wait();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::conflict);
    journal_.reset();
    EXPECT_EQ(reader_->counts()->queued, 1U);
}

}  // namespace
}  // namespace nias::service
