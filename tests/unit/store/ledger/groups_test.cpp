// Groups in the ledger: what is kept of them, and how their tasks are found and counted.
#include <gmock/gmock.h>

#include "base/ids.hpp"
#include "store/forgotten/forgotten.hpp"
#include "store/ledger/schema.hpp"
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
    EXPECT_EQ(rows_in(folder_ / "ledger.db", ledger_schema().version, "task_heads"), 1);
    EXPECT_EQ(rows_in(folder_ / "ledger.db", ledger_schema().version, "group_rows"), 100);
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

GroupCounts counts_in(std::initializer_list<std::pair<TaskState, std::uint64_t>> members) {
    GroupCounts counts;
    for (const auto& [state, count] : members) { counts.tasks.at(static_cast<std::size_t>(state)) = count; }
    return counts;
}

TEST(StateOfAGroup, IsQueuedUntilAMemberBeginsAndThenRunning) {
    using enum TaskState;
    EXPECT_EQ(state_of({}), queued);
    EXPECT_EQ(state_of(counts_in({{queued, 9}})), queued);
    EXPECT_EQ(state_of(counts_in({{queued, 9}, {assigned, 1}})), running);
    EXPECT_EQ(state_of(counts_in({{running, 1}, {failed, 1}})), running);
    EXPECT_EQ(state_of(counts_in({{queued, 9}, {succeeded, 1}})), running) << "between two members";
}

TEST(StateOfAGroup, IsTheWorstOfItsMembersAtTheEnd) {
    using enum TaskState;
    EXPECT_EQ(state_of(counts_in({{succeeded, 9}})), succeeded);
    EXPECT_EQ(state_of(counts_in({{succeeded, 9}, {cancelled, 1}})), cancelled);
    EXPECT_EQ(state_of(counts_in({{cancelled, 9}, {lost, 1}})), lost);
    EXPECT_EQ(state_of(counts_in({{lost, 9}, {timed_out, 1}})), timed_out);
    EXPECT_EQ(state_of(counts_in({{timed_out, 9}, {failed, 1}})), failed);
}

// Ids of this ledger's groups end in four bytes of their own, which id_of() does not make.
class LedgerOfArrays : public test::OpenLedger {
protected:
    void SetUp() override {
        OpenLedger::SetUp();
        committed([&] {
            for (const std::uint32_t index : {1U, 2U, 5U, 900U}) {
                add(member(array_.member(index), array_));
            }
            add(member(again_.member(2), array_));
            add(single_);
        });
        reader_.emplace(std::move(*LedgerReader::open(folder_.path())));
    }
    static TaskRecord member(const TaskId& id, const TaskId& group) {
        TaskRecord record = queued_task(1);
        record.task.id = id;
        record.task.group = group;
        record.task.group_size = 4;
        return record;
    }
    void set(const TaskId& id, TaskState state, std::int64_t at) {
        TaskChange change = change_to(state, 1, 1, at);
        change.id = id;
        change.reason = "for a reason";
        if (!has_ended(state)) { return this->change(change); }
        Outcome outcome = outcome_of(1);
        outcome.id = id;
        outcome.started_unix_ms = at - 10;
        outcome.ended_unix_ms = at - 1;
        outcome.output_blob = BlobRef{.hash = {}, .size_bytes = 7};
        end(change, outcome);
    }
    std::vector<std::uint32_t> indices(const MemberQuery& query) {
        std::vector<std::uint32_t> found;
        for (const MemberRow& row : *reader_->members(query)) { found.push_back(row.id.index()); }
        return found;
    }
    std::vector<TaskId> jobs(const ListQuery& query) {
        std::vector<TaskId> found;
        for (const TaskRecord& row : *reader_->list_groups_once(query)) {
            found.push_back(row.task.group == TaskId{} ? row.task.id : row.task.group);
        }
        return found;
    }
    const TaskId array_ = make_group_id(1'000);
    const TaskId again_ = make_group_id(3'000);  // members that were tried once more have ids of their own
    const TaskRecord single_ = [] {
        TaskRecord record = queued_task(1, "ana", "alone");
        record.task.id = make_task_id(2'000);
        return record;
    }();
    std::optional<LedgerReader> reader_;
};

TEST_F(LedgerOfArrays, TellsHowTheWholeStandsAndWhenItBeganAndEnded) {
    EXPECT_EQ(reader_->standing_of(array_)->counts.in(TaskState::queued), 5U);
    EXPECT_EQ(reader_->standing_of(array_)->started_unix_ms, 0);
    committed([&] {
        set(array_.member(1), TaskState::running, 70);
        set(array_.member(2), TaskState::failed, 60);
        set(array_.member(5), TaskState::succeeded, 90);
    });
    const auto standing = reader_->standing_of(array_);
    EXPECT_EQ(standing->counts.in(TaskState::queued), 2U);
    EXPECT_EQ(standing->counts.in(TaskState::running), 1U);
    EXPECT_EQ(standing->counts.in(TaskState::failed), 1U);
    EXPECT_EQ(standing->counts.in(TaskState::succeeded), 1U);
    EXPECT_EQ(standing->started_unix_ms, 50);
    EXPECT_EQ(standing->ended_unix_ms, 89);
    EXPECT_EQ(*reader_->standing_of(TaskId::make_group()), GroupStanding{});
}

TEST_F(LedgerOfArrays, TellsMembersInTheOrderOfTheirPlacesAPageAtATime) {
    committed([&] { set(array_.member(5), TaskState::failed, 60); });
    EXPECT_THAT(indices({.group = array_}), ElementsAre(1, 2, 5, 900, 2));
    EXPECT_THAT(indices({.group = array_, .limit = 2}), ElementsAre(1, 2));
    EXPECT_THAT(indices({.group = array_, .after = array_.member(3), .limit = 2}), ElementsAre(5, 900));
    EXPECT_THAT(indices({.group = array_, .state = TaskState::failed}), ElementsAre(5));
    EXPECT_THAT(indices({.group = array_, .state = TaskState::running}), IsEmpty());
    const MemberRow failed = reader_->members({.group = array_, .state = TaskState::failed})->front();
    EXPECT_EQ(failed, (MemberRow{.id = array_.member(5),
                                 .state = TaskState::failed,
                                 .attempt = 1,
                                 .worker = "lab1",
                                 .reason = "for a reason",
                                 .started_unix_ms = 50,
                                 .ended_unix_ms = 59,
                                 .output = BlobRef{.hash = {}, .size_bytes = 7}}));
}

TEST_F(LedgerOfArrays, ListsEachGroupOnceWhereItWasMade) {
    EXPECT_THAT(jobs({}), ElementsAre(single_.task.id, array_));
    EXPECT_THAT(jobs({.limit = 1}), ElementsAre(single_.task.id));
    EXPECT_THAT(jobs({.before = page_end(single_.task), .limit = 1}), ElementsAre(array_));
    EXPECT_THAT(jobs({.before = array_.member(0)}), IsEmpty());
    EXPECT_EQ(page_end(member(array_.member(900), array_).task), array_.member(0));
    committed([&] { set(array_.member(5), TaskState::failed, 60); });
    EXPECT_THAT(jobs({.state = TaskState::failed}), ElementsAre(array_)) << "one of its members has failed";
    EXPECT_THAT(jobs({.text = "alone"}), ElementsAre(single_.task.id));
}

TEST_F(LedgerOfArrays, ListsAGroupOfWhichOnlyLaterTasksAreThere) {
    const TaskId group = make_group_id(500);
    const TaskId stem = make_group_id(4'000);
    committed([&] { add(member(stem.member(7), group)); });
    EXPECT_THAT(jobs({}), ElementsAre(group, single_.task.id, array_));
}

TEST_F(LedgerOfArrays, PassesOverMembersThatWereForgotten) {
    committed([&] {
        set(array_.member(2), TaskState::failed, 60);
        const ForgetChange hidden{array_.member(2), ForgetChange::Kind::hide, 70, 80};
        ASSERT_TRUE(ledger_->forget(std::span(&hidden, 1)));
    });
    EXPECT_THAT(indices({.group = array_}), ElementsAre(1, 5, 900, 2)) << "the last one was tried again";
    EXPECT_EQ(reader_->standing_of(array_)->counts.in(TaskState::failed), 0U);
    EXPECT_EQ(reader_->standing_of(array_)->counts.all(), 4U);
}

}  // namespace
}  // namespace nias::store
