// The line as readers see it: how much waits and runs without counting rows, who waits where, who has a
// worker.
#include <gmock/gmock.h>

#include "store/forgotten/forgotten.hpp"
#include "unit/store/ledger/open_ledger.hpp"

namespace nias::store {
namespace {

using Kind = ForgetChange::Kind;
using test::change_to;
using test::id_of;
using test::outcome_of;
using test::queued_task;
using testing::ElementsAre;
using testing::IsEmpty;

class LineTest : public test::OpenLedger {
protected:
    LedgerReader reader() {
        auto opened = LedgerReader::open(folder_.path());
        EXPECT_TRUE(opened);
        return std::move(*opened);
    }
    /// Queued, running, ended.
    std::vector<std::uint64_t> counts() {
        const auto counted = reader().counts();
        EXPECT_TRUE(counted) << counted.error().message;
        return {counted->queued, counted->running, counted->ended};
    }
    void add_member(std::uint8_t number, const std::string& owner = "ana") {
        TaskRecord member = queued_task(number, owner);
        member.task.group = group_;
        add(member);
    }
    void forget(Kind kind, std::uint8_t number) {
        const ForgetChange change{id_of(number), kind, 1'000, 5'000};
        committed([&] { ASSERT_TRUE(ledger_->forget(std::span(&change, 1))); });
    }
    const TaskId group_ = TaskId::make_group();
};

TEST_F(LineTest, CountsWhatWaitsRunsAndHasEnded) {
    EXPECT_THAT(counts(), ElementsAre(0, 0, 0));
    committed([&] {
        for (std::uint8_t number = 1; number <= 5; ++number) { add(queued_task(number)); }
        change(change_to(TaskState::running, 1));
        change(change_to(TaskState::queued, 2, 2));  // given back: it waits again
        end(change_to(TaskState::cancelled, 3), std::nullopt);
    });
    EXPECT_THAT(counts(), ElementsAre(3, 1, 1));
    committed([&] { end(change_to(TaskState::cancelled, 3), std::nullopt); });  // a repeat counts once
    committed([&] { end(change_to(TaskState::succeeded, 1), outcome_of(1)); });
    reopen();
    EXPECT_THAT(counts(), ElementsAre(3, 0, 2));
}

TEST_F(LineTest, CountsNothingOfATransactionThatWasNotCommitted) {
    committed([&] { add(queued_task(1)); });
    ASSERT_TRUE(ledger_->begin());
    add(queued_task(2));
    reopen();
    EXPECT_THAT(counts(), ElementsAre(1, 0, 0));
    committed([&] { add(queued_task(3)); });
    EXPECT_THAT(counts(), ElementsAre(2, 0, 0));
}

TEST_F(LineTest, CountsATaskUntilItIsPurgedAndTellsEachChangeOfWhatIsDeleted) {
    committed([&] {
        for (std::uint8_t number = 1; number <= 2; ++number) {
            add(queued_task(number));
            end(change_to(TaskState::succeeded, number), outcome_of(number));
        }
    });
    std::vector<std::uint64_t> told{*reader().forgets()};
    for (const Kind kind : {Kind::hide, Kind::show, Kind::hide, Kind::hide}) {  // the last changes nothing
        forget(kind, 1);
        told.push_back(*reader().forgets());
    }
    EXPECT_THAT(told, ElementsAre(0, 1, 2, 3, 3));
    EXPECT_THAT(counts(), ElementsAre(0, 0, 2));
    forget(Kind::purge, 1);
    forget(Kind::purge, 1);
    EXPECT_THAT(counts(), ElementsAre(0, 0, 1));
    EXPECT_EQ(*reader().forgets(), 4U);
}

TEST_F(LineTest, TellsThePlaceOfATaskFromEitherEndOfTheLine) {
    committed([&] {
        for (std::uint8_t number = 1; number <= 5; ++number) { add(queued_task(number)); }
        change(change_to(TaskState::running, 1));
        change(change_to(TaskState::queued, 2, 2));
        end(change_to(TaskState::cancelled, 3), std::nullopt);
    });
    EXPECT_EQ(*reader().place_in_line(id_of(2)), 0U);
    EXPECT_EQ(*reader().place_in_line(id_of(5)), 2U);  // 2 and 4 wait before it
    committed([&] {                                    // more behind it than are counted
        for (std::uint32_t n = 0; n < 20'001; ++n) {
            TaskRecord record = queued_task(9);
            for (std::size_t byte = 0; byte < 4; ++byte) {
                record.task.id.bytes.at(4 + byte) = static_cast<std::uint8_t>((n + 1) >> (24 - 8 * byte));
            }
            add(record);
        }
    });
    EXPECT_EQ(*reader().place_in_line(id_of(5)), 2U);
    EXPECT_EQ(*reader().place_in_line(id_of(2)), 0U);
}

TEST_F(LineTest, HasOneRowForEachArrayWithHowManyOfItWait) {
    committed([&] {
        add(queued_task(1));
        for (std::uint8_t number = 2; number <= 5; ++number) { add_member(number); }
        add(queued_task(6, "eva"));
        add(queued_task(7));
        change(change_to(TaskState::running, 2));
        end(change_to(TaskState::failed, 4), outcome_of(4));
    });
    const auto line = reader().waiting("ana");
    ASSERT_TRUE(line) << line.error().message;
    EXPECT_THAT(line->jobs, ElementsAre(WaitingJob{id_of(1), {}, 1, 0}, WaitingJob{id_of(3), group_, 2, 1},
                                        WaitingJob{id_of(7), {}, 1, 4}));
    EXPECT_EQ(line->own, 4U);
    EXPECT_EQ(line->queued, 5U);
    const auto all = reader().waiting(std::nullopt);
    ASSERT_TRUE(all);
    EXPECT_EQ(all->jobs.size(), 4U);
    EXPECT_EQ(all->own, 5U);
    EXPECT_THAT(reader().waiting("nobody")->jobs, IsEmpty());
}

TEST_F(LineTest, TellsWhichTasksOfAnOwnerWorkersHave) {
    committed([&] {
        add(queued_task(1));
        add_member(2);
        add(queued_task(3, "eva", "hers"));
        add(queued_task(4));
        change(change_to(TaskState::running, 2));
        change(change_to(TaskState::assigned, 3));
        change(change_to(TaskState::queued, 4, 2));
    });
    const HeldTask member{id_of(2), group_, "fit", "lab1", TaskState::running};
    const HeldTask hers{id_of(3), {}, "hers", "lab1", TaskState::assigned};
    EXPECT_THAT(*reader().held("ana", 10), ElementsAre(member));
    EXPECT_THAT(*reader().held(std::nullopt, 10), ElementsAre(member, hers));
    EXPECT_THAT(*reader().held(std::nullopt, 1), ElementsAre(member));
}

TEST_F(LineTest, TellsWhichTaskHasWaitedLongest) {
    const auto oldest = [&](std::uint8_t from) {
        const auto found = reader().oldest_waiting(id_of(from));
        return found && *found ? std::optional((*found)->id) : std::nullopt;
    };
    EXPECT_EQ(oldest(0), std::nullopt);
    committed([&] {
        for (std::uint8_t number = 1; number <= 6; ++number) { add(queued_task(number)); }
        end(change_to(TaskState::cancelled, 1), std::nullopt);
        change(change_to(TaskState::running, 2));
    });
    EXPECT_EQ(oldest(0), id_of(3));
    EXPECT_EQ(oldest(4), id_of(4)) << "those before it were passed over earlier";
    committed([&] { change(change_to(TaskState::queued, 2, 2)); });
    EXPECT_EQ(oldest(4), id_of(2)) << "one that was given back waits again, wherever the walk begins";
    committed([&] {
        for (std::uint8_t number = 2; number <= 6; ++number) {
            end(change_to(TaskState::cancelled, number), std::nullopt);
        }
    });
    EXPECT_EQ(oldest(0), std::nullopt);
    committed([&] { add(queued_task(7)); });
    EXPECT_EQ((*reader().oldest_waiting(id_of(0)))->submitted_unix_ms, queued_task(7).submitted_unix_ms);
}

}  // namespace
}  // namespace nias::store
