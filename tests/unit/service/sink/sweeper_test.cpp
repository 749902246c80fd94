#include "service/sink/sweeper.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/clock.hpp"
#include "store/blobs/blobs.hpp"
#include "store/ledger/ledger.hpp"
#include "store/results/results.hpp"
#include "support/temp_folder.hpp"

namespace nias::service {
namespace {

constexpr std::int64_t kDay = 24 * 3'600;

/// A data directory whose blobs were all given two days ago, and are kept for one.
class SweeperTest : public testing::Test {
protected:
    BlobRef given(const std::string& text) {
        const Bytes bytes(text.begin(), text.end());
        auto writer = blobs_->begin();
        EXPECT_TRUE(writer && writer->append(bytes));
        const auto stored = writer->commit();
        EXPECT_TRUE(stored) << stored.error().message;
        age(stored->hash, 2 * kDay);
        return *stored;
    }
    void age(const BlobHash& hash, std::int64_t seconds) {
        const std::int64_t then = unix_ms_now() / 1'000 - seconds;
        const timespec times[] = {{then, 0}, {then, 0}};
        ASSERT_EQ(::utimensat(AT_FDCWD, blobs_->path_of(hash).c_str(), times, 0), 0);
    }
    static Result<std::size_t> sweep(const std::string& folder) {
        return sweep_blobs(folder, unix_ms_now() / 1'000 - kDay);
    }
    void open_stores() {
        auto ledger = store::Ledger::open(folder_.path());
        ASSERT_TRUE(ledger) << ledger.error().message;
        ledger_.emplace(std::move(*ledger));
        auto results = store::Results::open(folder_.path());
        ASSERT_TRUE(results) << results.error().message;
        results_.emplace(std::move(*results));
    }
    void add_task_with(const BlobRef& bundle) {
        store::TaskRecord record;
        record.task.id = make_task_id();
        record.task.attempt = 1;
        record.task.owner = "ana";
        record.task.bundle = bundle;
        ASSERT_TRUE(ledger_->begin() && ledger_->add(record) && ledger_->commit());
    }
    void report(const BlobRef& output) {
        Outcome outcome;
        outcome.id = make_task_id();
        outcome.attempt = 1;
        outcome.output_blob = output;
        const wire::Runs<Outcome> runs{outcome};
        const store::ReportedOutcomes reported{&runs.runs().front(), "lab1"};
        ASSERT_TRUE(results_->add(std::span(&reported, 1)));
    }
    static TaskId make_task_id() { return TaskId::make(); }

    test::TempFolder folder_;
    std::optional<store::Blobs> blobs_{*store::Blobs::open(folder_.path())};
    std::optional<store::Ledger> ledger_;
    std::optional<store::Results> results_;
};

TEST_F(SweeperTest, RemovesWhatNothingRefersToAndNothingElse) {
    open_stores();
    const BlobRef bundle = given("a bundle");
    const BlobRef output = given("an output");
    const BlobRef unused = given("nobody's");
    add_task_with(bundle);
    report(output);
    const auto removed = sweep(folder_.path());
    ASSERT_TRUE(removed) << removed.error().message;
    EXPECT_EQ(*removed, 1U);
    EXPECT_TRUE(blobs_->has(bundle.hash));
    EXPECT_TRUE(blobs_->has(output.hash));
    EXPECT_FALSE(blobs_->has(unused.hash));
}

TEST_F(SweeperTest, LeavesWhatWasGivenOrHeldLately) {
    open_stores();
    const BlobRef old = given("given again");
    const BlobRef held = given("held");
    const BlobRef fresh = given("fresh");
    age(fresh.hash, 10);
    given("given again");
    ASSERT_TRUE(blobs_->hold(held.hash));
    auto again = blobs_->begin();
    const std::string text = "given again";
    ASSERT_TRUE(again && again->append(Bytes(text.begin(), text.end())) && again->commit());
    const auto removed = sweep(folder_.path());
    ASSERT_TRUE(removed) << removed.error().message;
    EXPECT_EQ(*removed, 0U);
    for (const BlobRef& blob : {old, held, fresh}) { EXPECT_TRUE(blobs_->has(blob.hash)); }
}

TEST_F(SweeperTest, RemovesNothingWhereThereIsNoLedgerOrNoResults) {
    const BlobRef blob = given("somebody's");
    EXPECT_EQ(sweep(folder_.path()).error().code, ErrorCode::not_found);
    auto results = store::Results::open(folder_.path());
    ASSERT_TRUE(results);
    EXPECT_EQ(sweep(folder_.path()).error().code, ErrorCode::not_found);
    EXPECT_TRUE(blobs_->has(blob.hash));
}

TEST_F(SweeperTest, SweepsWhenItStarts) {
    open_stores();
    const BlobRef unused = given("nobody's");
    const Sweeper sweeper(folder_.path(), std::chrono::seconds(kDay));
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (blobs_->has(unused.hash) && std::chrono::steady_clock::now() < until) {
        std::this_thread::yield();
    }
    EXPECT_FALSE(blobs_->has(unused.hash));
}

}  // namespace
}  // namespace nias::service
