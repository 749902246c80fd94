#include "store/forgotten/forgotten.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/ledger/schema.hpp"
#include "unit/store/ledger/open_ledger.hpp"

namespace nias::store {
namespace {

using test::change_to;
using test::id_of;
using test::outcome_of;
using test::queued_task;
using test::rows_in;
using testing::ElementsAre;
using testing::IsEmpty;

using Kind = ForgetChange::Kind;

BlobHash hash_of(std::uint8_t number) {
    BlobHash hash;
    hash.bytes[5] = number;
    return hash;
}

/// Tasks 1 to 3 have ended, 4 waits.
class ForgottenTest : public test::OpenLedger {
protected:
    void SetUp() override {
        OpenLedger::SetUp();
        committed([&] {
            for (std::uint8_t n = 1; n <= 4; ++n) { add(queued_task(n)); }
            for (std::uint8_t n = 1; n <= 3; ++n) { end(change_to(TaskState::succeeded, n), outcome_of(n)); }
        });
    }
    void forget(const std::vector<ForgetChange>& changes) {
        committed([&] { ASSERT_TRUE(ledger_->forget(changes)); });
    }
    void forget(std::uint8_t number, Kind kind, std::int64_t at = 1'000, std::int64_t due = 0) {
        forget({{id_of(number), kind, at, due}});
    }
    /// Brings a task to where the sink has to erase it.
    void purge(std::uint8_t number) {
        forget(number, Kind::hide, 1'000, 2'000);
        forget(number, Kind::purge, 2'000);
    }
    ForgottenReader reader() {
        auto opened = ForgottenReader::open(folder_.path());
        EXPECT_TRUE(opened) << opened.error().message;
        return std::move(*opened);
    }
    std::optional<ForgottenTask> step_of(std::uint8_t number) {
        auto found = reader().find(id_of(number));
        EXPECT_TRUE(found);
        return *found;
    }
    std::set<BlobHash> unused_of(std::set<BlobHash> blobs) {
        EXPECT_TRUE(reader().spare_used(blobs));
        return blobs;
    }
    [[nodiscard]] std::int64_t rows(const std::string& table) const {
        return rows_in(folder_ / "ledger.db", ledger_schema().version, table);
    }
};

TEST_F(ForgottenTest, AHiddenTaskLeavesTheListAndIsFoundByItsId) {
    forget(2, Kind::hide, 1'000, 5'000);
    EXPECT_THAT(listed({}), ElementsAre(4, 3, 1));
    EXPECT_THAT(listed({.forgotten = true}), ElementsAre(2));
    EXPECT_EQ(found(2).outcome, outcome_of(2));
    EXPECT_EQ(step_of(2), (ForgottenTask{ForgetStep::hidden, 1'000, 5'000}));
    EXPECT_EQ(step_of(1), std::nullopt);
}

TEST_F(ForgottenTest, ReadersAreToldSinceWhenATaskIsHiddenAndWhenItGoes) {
    forget(2, Kind::hide, 1'000, 5'000);
    auto reader = LedgerReader::open(folder_.path());
    ASSERT_TRUE(reader);
    const auto hidden = reader->find(id_of(2));
    ASSERT_TRUE(hidden && *hidden);
    EXPECT_EQ((*hidden)->deleted_unix_ms, 1'000);
    EXPECT_EQ((*hidden)->gone_unix_ms, 5'000);
    const auto listed = reader->list({.forgotten = true});
    ASSERT_TRUE(listed && listed->size() == 1);
    EXPECT_EQ(listed->front().gone_unix_ms, 5'000);
    forget(2, Kind::show);
    EXPECT_EQ((**reader->find(id_of(2))).deleted_unix_ms, 0);
}

TEST_F(ForgottenTest, AHiddenTaskIsShownAgainWithAllThatItHad) {
    const TaskRecord before = found(2);
    forget(2, Kind::hide, 1'000, 5'000);
    forget(2, Kind::show);
    EXPECT_THAT(listed({}), ElementsAre(4, 3, 2, 1));
    EXPECT_EQ(found(2), before);
    EXPECT_EQ(step_of(2), std::nullopt);
}

TEST_F(ForgottenTest, ATaskThatHasNotEndedIsNeverHidden) {
    forget(4, Kind::hide, 1'000, 5'000);
    forget(9, Kind::hide, 1'000, 5'000);  // nobody's
    EXPECT_THAT(listed({}), ElementsAre(4, 3, 2, 1));
    EXPECT_EQ(step_of(9), std::nullopt);
}

TEST_F(ForgottenTest, ARepeatedHideKeepsTheFirstTimeAndAStepOutOfTurnChangesNothing) {
    forget(2, Kind::hide, 1'000, 5'000);
    forget(2, Kind::hide, 3'000, 9'000);
    EXPECT_EQ(step_of(2)->due_unix_ms, 5'000);
    forget(2, Kind::erase, 4'000, 9'000);  // it is not gone yet
    forget(2, Kind::drop);
    EXPECT_EQ(step_of(2)->step, ForgetStep::hidden);
    forget(1, Kind::purge);  // it was never hidden
    EXPECT_EQ(found(1).state, TaskState::succeeded);
}

TEST_F(ForgottenTest, APurgedTaskLeavesNoRowAndCannotBeHadBack) {
    purge(2);
    forget(2, Kind::show);
    EXPECT_EQ(*ledger_->find(id_of(2)), std::nullopt);
    EXPECT_THAT(listed({}), ElementsAre(4, 3, 1));
    EXPECT_THAT(listed({.forgotten = true}), IsEmpty());
    EXPECT_EQ(rows("task_rows"), 3);
    EXPECT_EQ(rows("end_rows"), 2);
    EXPECT_EQ(step_of(2)->step, ForgetStep::gone);
}

TEST_F(ForgottenTest, APurgedMemberLeavesItsGroup) {
    const TaskId group = TaskId::make_group();
    committed([&] {
        TaskRecord member = queued_task(7);
        member.task.group = group;
        add(member);
        end(change_to(TaskState::failed, 7), outcome_of(7));
    });
    purge(7);
    EXPECT_EQ(rows("group_rows"), 0);
    EXPECT_EQ(LedgerReader::open(folder_.path())->counts_of(group)->all(), 0U);
}

TEST_F(ForgottenTest, TheSinkIsAskedToEraseUntilThatIsNotedAlsoAfterARestart) {
    purge(2);
    purge(3);
    reopen();
    EXPECT_THAT(*reader().to_erase(10), ElementsAre(id_of(2), id_of(3)));
    EXPECT_THAT(*reader().to_erase(1), ElementsAre(id_of(2)));
    forget(2, Kind::erase, 3'000, 9'000);
    EXPECT_THAT(*reader().to_erase(10), ElementsAre(id_of(3)));
    EXPECT_TRUE(*reader().has_gone());
}

TEST_F(ForgottenTest, ASteppedTaskIsDueWhenItsTimeHasCome) {
    forget(1, Kind::hide, 1'000, 5'000);
    purge(2);
    forget(2, Kind::erase, 3'000, 7'000);
    EXPECT_EQ(*reader().next_due(), 5'000);
    EXPECT_THAT(*reader().due(4'999, 10), IsEmpty());
    EXPECT_THAT(*reader().due(5'000, 10), ElementsAre(ForgetChange{id_of(1), Kind::purge, 5'000, 0}));
    forget(1, Kind::show);
    EXPECT_THAT(*reader().due(8'000, 10), ElementsAre(ForgetChange{id_of(2), Kind::drop, 8'000, 0}));
    forget(2, Kind::drop);
    EXPECT_EQ(*reader().next_due(), 0);
    EXPECT_FALSE(*reader().has_gone());
}

TEST_F(ForgottenTest, TheNewestIdIsKnownAfterItsTaskIsGone) {
    committed([&] { end(change_to(TaskState::cancelled, 4), std::nullopt); });
    purge(4);
    reopen();
    EXPECT_EQ(ledger_->newest(), id_of(4));
}

TEST_F(ForgottenTest, HeadsGoWithTheirLastTaskAtTheNextOpening) {
    committed([&] {
        TaskRecord other = queued_task(8, "rui");
        other.task.bundle->hash = hash_of(8);
        add(other);
        Outcome outcome = outcome_of(8);
        outcome.output_blob->hash = hash_of(80);
        end(change_to(TaskState::failed, 8), outcome);
    });
    purge(1);  // its heads are those of 2 and 3 as well
    purge(8);
    reopen();
    EXPECT_EQ(rows("task_heads"), 1);
    EXPECT_EQ(rows("end_heads"), 1);
    EXPECT_EQ(rows("gone_heads"), 0);
    EXPECT_EQ(found(2).task.owner, "ana");
    EXPECT_EQ(found(3).outcome, outcome_of(3));
}

TEST_F(ForgottenTest, ABlobIsUsedAsLongAsOneTaskRefersToIt) {
    const BlobHash bundle = queued_task(1).task.bundle->hash;
    const BlobHash output = outcome_of(1).output_blob->hash;
    const std::set<BlobHash> all{bundle, output, hash_of(1)};
    EXPECT_THAT(unused_of(all), ElementsAre(hash_of(1)));
    purge(1);
    purge(2);
    EXPECT_THAT(unused_of(all), ElementsAre(hash_of(1)));
    purge(3);
    EXPECT_EQ(unused_of(all), (std::set{output, hash_of(1)}));  // 4 still has the bundle
    forget(2, Kind::hide);
    committed([&] { end(change_to(TaskState::cancelled, 4), std::nullopt); });
    purge(4);
    EXPECT_EQ(unused_of(all), all);
}

TEST_F(ForgottenTest, ABundleIsKnownToBeSentByThoseWhoseTasksHaveItUntilTheLastIsGone) {
    const BlobHash bundle = queued_task(1).task.bundle->hash;
    const auto sent = [&](const std::string& owner, const BlobHash& hash) {
        return *LedgerReader::open(folder_.path())->has_sent(owner, hash);
    };
    EXPECT_TRUE(sent("ana", bundle));
    EXPECT_FALSE(sent("rui", bundle));
    EXPECT_FALSE(sent("ana", hash_of(1)));
    committed([&] { end(change_to(TaskState::cancelled, 4), std::nullopt); });
    for (std::uint8_t n = 1; n <= 4; ++n) {
        EXPECT_TRUE(sent("ana", bundle));
        purge(n);
    }
    EXPECT_FALSE(sent("ana", bundle));
}

TEST_F(ForgottenTest, UsageCountsWhatIsInTheListsByOwnerAndEachBundleOnce) {
    committed([&] { add(queued_task(9, "rui")); });
    const auto usage = [&] { return *LedgerReader::open(folder_.path())->usage(); };
    EXPECT_THAT(usage(), ElementsAre(OwnerUsage{"ana", 4, 1, 77 + 3 * 12}, OwnerUsage{"rui", 1, 1, 77}));
    forget(1, Kind::hide, 1'000, 5'000);
    EXPECT_THAT(usage(), ElementsAre(OwnerUsage{"ana", 3, 1, 77 + 2 * 12}, OwnerUsage{"rui", 1, 1, 77}));
}

TEST_F(ForgottenTest, TasksThatEndedBeforeAMomentAreFoundUnlessTheyAreForgotten) {
    const std::int64_t made = std::int64_t{1} << 40U;  // as ids of 1 in their first byte say
    committed([&] {
        add(queued_task(5));
        end(change_to(TaskState::failed, 5, 1, made + 50), outcome_of(5));
    });
    auto reader = LedgerReader::open(folder_.path());
    ASSERT_TRUE(reader);
    EXPECT_THAT(*reader->ended_before(made, 10), IsEmpty()) << "none was made before";
    EXPECT_THAT(*reader->ended_before(made + 10, 10), ElementsAre(id_of(1), id_of(2), id_of(3)));
    EXPECT_THAT(*reader->ended_before(made + 51, 2), ElementsAre(id_of(1), id_of(2)));
    forget(2, Kind::hide);
    EXPECT_THAT(*reader->ended_before(made + 51, 10), ElementsAre(id_of(1), id_of(3), id_of(5)));
}

TEST_F(ForgottenTest, AHiddenTaskKeepsItsBlobs) {
    for (std::uint8_t n = 1; n <= 3; ++n) { forget(n, Kind::hide, 1'000, 5'000); }
    EXPECT_THAT(unused_of({outcome_of(1).output_blob->hash}), IsEmpty());
}

}  // namespace
}  // namespace nias::store
