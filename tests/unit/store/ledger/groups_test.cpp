// Groups in the ledger: what is kept of them, and how their tasks are found and counted.
#include <gmock/gmock.h>

#include "unit/store/ledger/open_ledger.hpp"

namespace nias::store {
namespace {

using test::alive_in;
using test::change_to;
using test::id_of;
using test::outcome_of;
using test::queued_task;
using test::rows_in;
using testing::ElementsAre;
using testing::IsEmpty;

class LedgerOfGroups : public test::OpenLedger {
protected:
    TaskRecord member(std::uint8_t number, const TaskId& group) {
        TaskRecord record = queued_task(number);
        record.task.group = group;
        record.task.group_size = 200;
        record.task.spec.max_failures = 2;
        return record;
    }
    const TaskId group_ = TaskId::make_group();
    const TaskId other_ = TaskId::make_group();
};

TEST_F(LedgerOfGroups, KeepsTheGroupOfATaskAndItsFailures) {
    TaskRecord failed = member(2, group_);
    failed.task.attempt = 3;
    failed.reason = "attempt 1: it failed";
    failed.failures = 2;
    committed([&] {
        add(member(1, group_));
        add(failed);
    });
    reopen();
    EXPECT_EQ(found(1), member(1, group_));
    EXPECT_EQ(found(2), failed);
    EXPECT_THAT(*alive_in(*ledger_), ElementsAre(member(1, group_), failed));
}

TEST_F(LedgerOfGroups, WritesOneHeadForManyThatAreAlikeWhateverTheirPlaces) {
    wire::Runs<Task> tasks;
    for (std::uint8_t n = 1; n <= 100; ++n) { tasks.push_back(member(n, group_).task); }
    ASSERT_EQ(tasks.runs().size(), 1U);
    const AcceptedTasks accepted{&tasks.runs().front(), "c1", 1};
    committed([&] { ASSERT_TRUE(ledger_->add(std::span(&accepted, 1))); });
    EXPECT_EQ(rows_in(folder_ / "ledger.db", 8, "task_heads"), 1);
    EXPECT_EQ(rows_in(folder_ / "ledger.db", 8, "group_rows"), 100);
    EXPECT_EQ(listed({.limit = 1000, .group = group_}).size(), 100U);
    EXPECT_EQ(found(77).task.group_index(), 77U);
}

TEST_F(LedgerOfGroups, ListsAndCountsTheTasksOfAGroupAlone) {
    committed([&] {
        for (std::uint8_t n = 1; n <= 6; ++n) { add(member(n, n % 2 == 0 ? group_ : other_)); }
        add(member(8, group_));
        add(queued_task(9));
    });
    committed([&] {
        change(change_to(TaskState::running, 2));
        end(change_to(TaskState::failed, 4), outcome_of(4, 1, OutcomeStatus::failed));
        end(change_to(TaskState::succeeded, 1), outcome_of(1));
    });
    EXPECT_THAT(listed({.group = group_}), ElementsAre(8, 6, 4, 2));
    EXPECT_THAT(listed({.limit = 2, .group = group_}), ElementsAre(8, 6));
    EXPECT_THAT(listed({.before = id_of(6), .group = group_}), ElementsAre(4, 2));
    EXPECT_THAT(listed({.group = group_, .alive = true}), ElementsAre(8, 6, 2));
    EXPECT_THAT(listed({.state = TaskState::failed, .group = group_}), ElementsAre(4));
    EXPECT_THAT(listed({.state = TaskState::queued, .group = group_}), ElementsAre(8, 6));
    EXPECT_THAT(listed({.owner = "eva", .group = group_}), IsEmpty());
    EXPECT_THAT(listed({.alive = true}), ElementsAre(9, 8, 6, 5, 3, 2));
    auto reader = LedgerReader::open(folder_.path());
    ASSERT_TRUE(reader);
    const auto counts = reader->counts_of(group_);
    ASSERT_TRUE(counts) << counts.error().message;
    EXPECT_EQ(counts->in(TaskState::queued), 2U);
    EXPECT_EQ(counts->in(TaskState::running), 1U);
    EXPECT_EQ(counts->in(TaskState::failed), 1U);
    EXPECT_EQ(counts->all(), 4U);
    EXPECT_EQ(reader->counts_of(TaskId::make_group())->all(), 0U);
}

}  // namespace
}  // namespace nias::store
