// The book of a group: who has ended and how, who is told, when the rest stops, what is tried again.
#include "core/submit/group.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

namespace nias::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TaskId stem() {
    TaskId id;
    id.bytes.fill(0x11);
    return id;
}
std::vector<TaskId> members(std::uint32_t count) {
    std::vector<TaskId> ids;
    for (std::uint32_t i = 0; i < count; ++i) { ids.push_back(stem().member(i)); }
    return ids;
}
Outcome outcome_of(OutcomeStatus status) {
    Outcome outcome;
    outcome.status = status;
    return outcome;
}

class GroupBook : public testing::Test {
protected:
    void open(std::uint32_t count, const Group::Rules& rules = {}) { group_.emplace(members(count), rules); }
    bool end(std::uint32_t index, OutcomeStatus status = OutcomeStatus::succeeded) {
        const bool was_new = group_->end(group_->task_of(index), outcome_of(status));
        group_->check_invariants();
        return was_new;
    }
    bool refuse(std::uint32_t index) {
        return group_->end(group_->task_of(index), Error{ErrorCode::overloaded, "later"});
    }
    std::vector<std::uint32_t> told() {
        std::vector<std::uint32_t> all;
        while (auto next = group_->next()) {
            EXPECT_EQ(next->id, group_->task_of(next->index));
            all.push_back(next->index);
            group_->check_invariants();
        }
        return all;
    }
    std::vector<std::uint32_t> retry() {
        auto again = group_->retry();
        group_->check_invariants();
        return again;
    }
    std::optional<Group> group_;
};

TEST_F(GroupBook, HasNewsWhileAnEndIsToBeToldAndWhenAllWere) {
    open(2, {.in_order = true});
    EXPECT_FALSE(group_->has_news());
    end(1);
    EXPECT_FALSE(group_->has_news()) << "it is the turn of the first";
    end(0, OutcomeStatus::failed);
    EXPECT_TRUE(group_->has_news());
    (void)group_->next();
    EXPECT_TRUE(group_->has_news());
    (void)group_->next();
    EXPECT_TRUE(group_->has_news()) << "nothing more is to be waited for";
    retry();
    EXPECT_FALSE(group_->has_news());
}

TEST_F(GroupBook, TellsEndsAsTheyCome) {
    open(3);
    EXPECT_THAT(told(), IsEmpty());
    EXPECT_TRUE(end(2));
    EXPECT_TRUE(end(0));
    EXPECT_THAT(told(), ElementsAre(2, 0));
    EXPECT_FALSE(group_->has_ended());
    EXPECT_TRUE(end(1));
    EXPECT_TRUE(group_->has_ended());
    EXPECT_FALSE(group_->is_told());
    EXPECT_THAT(told(), ElementsAre(1));
    EXPECT_TRUE(group_->is_told());
}

TEST_F(GroupBook, TellsEndsByTheirPlacesWhereThatIsAskedFor) {
    open(4, {.in_order = true});
    end(2);
    end(1);
    EXPECT_THAT(told(), IsEmpty());
    end(0);
    EXPECT_THAT(told(), ElementsAre(0, 1, 2));
    end(3);
    EXPECT_THAT(told(), ElementsAre(3));
    EXPECT_TRUE(group_->is_told());
}

TEST_F(GroupBook, TakesOneEndOfEachMemberAndNoneOfAStranger) {
    open(2);
    EXPECT_TRUE(end(0, OutcomeStatus::failed));
    EXPECT_FALSE(end(0));
    EXPECT_FALSE(group_->end(stem().member(2), outcome_of(OutcomeStatus::succeeded)));
    TaskId other = stem().member(1);
    other.bytes[0] = 0;
    EXPECT_FALSE(group_->end(other, outcome_of(OutcomeStatus::succeeded)));
    EXPECT_EQ(group_->counts().failed, 1U);
    EXPECT_EQ(group_->counts().succeeded, 0U);
}

TEST_F(GroupBook, CountsEachWayToEnd) {
    open(7);
    end(0);
    end(1, OutcomeStatus::failed);
    end(2, OutcomeStatus::cancelled);
    end(3, OutcomeStatus::timed_out);
    end(4, OutcomeStatus::could_not_run);
    refuse(5);
    const Group::Counts& counts = group_->counts();
    for (const std::uint32_t one :
         {counts.succeeded, counts.failed, counts.cancelled, counts.timed_out, counts.lost, counts.refused}) {
        EXPECT_EQ(one, 1U);
    }
    EXPECT_TRUE(group_->lives(6));
    EXPECT_FALSE(group_->lives(5));
}

TEST_F(GroupBook, StopsPastTheFailuresThatAreAllowed) {
    open(10, {.max_fails = 2});
    end(0, OutcomeStatus::failed);
    end(1, OutcomeStatus::cancelled);  // a request is no failure
    refuse(2);
    end(3);
    EXPECT_FALSE(group_->is_stopped());
    end(4, OutcomeStatus::timed_out);
    EXPECT_TRUE(group_->is_stopped());
    open(2, {.max_fails = 0});
    end(0, OutcomeStatus::could_not_run);
    EXPECT_TRUE(group_->is_stopped()) << "none is allowed";
    open(2);
    end(0, OutcomeStatus::failed);
    end(1, OutcomeStatus::failed);
    EXPECT_FALSE(group_->is_stopped()) << "any number is";
}

TEST_F(GroupBook, TriesAgainWhatHasNotSucceededUnderIdsOfItsOwn) {
    open(5, {.max_fails = 1});
    end(0);
    end(1, OutcomeStatus::failed);
    end(2, OutcomeStatus::cancelled);
    refuse(3);
    EXPECT_TRUE(group_->is_stopped());
    EXPECT_THAT(told(), ElementsAre(0, 1, 2, 3));
    const TaskId first = group_->task_of(1);
    const TaskId refused = group_->task_of(3);
    EXPECT_THAT(retry(), ElementsAre(1, 2, 3)) << "the last one lives";
    EXPECT_FALSE(group_->is_stopped());
    EXPECT_EQ(group_->task_of(1), next_round(first));
    EXPECT_EQ(group_->task_of(1).index(), 1U);
    EXPECT_EQ(group_->task_of(3), refused) << "nobody took it, so it is submitted for the first time";
    EXPECT_FALSE(group_->end(first, outcome_of(OutcomeStatus::failed)))
        << "a late report of the round before";
    EXPECT_TRUE(end(1));
    EXPECT_TRUE(end(2));
    EXPECT_TRUE(end(3));
    EXPECT_TRUE(end(4));
    EXPECT_THAT(told(), ElementsAre(1, 2, 3, 4));
    EXPECT_EQ(group_->counts().succeeded, 5U);
    EXPECT_THAT(retry(), IsEmpty());
}

TEST_F(GroupBook, DoesNotTellAnEndThatWasTriedAgainBeforeItWasTold) {
    for (const bool in_order : {false, true}) {
        open(3, {.in_order = in_order});
        end(1, OutcomeStatus::failed);
        end(0);
        EXPECT_THAT(retry(), ElementsAre(1));
        EXPECT_THAT(told(), ElementsAre(0));
        end(2);
        end(1);
        if (in_order) {
            EXPECT_THAT(told(), ElementsAre(1, 2));
        } else {
            EXPECT_THAT(told(), ElementsAre(2, 1));
        }
        EXPECT_TRUE(group_->is_told());
    }
}

TEST(Rounds, OfAMemberKeepItsPlaceDifferAndSortAfterTheOneBefore) {
    TaskId id = stem().member(9);
    std::set<TaskId> seen{id};
    for (int i = 0; i < 70'000; ++i) {
        const TaskId next = next_round(id);
        ASSERT_EQ(next.index(), 9U);
        ASSERT_LT(id, next);
        ASSERT_TRUE(seen.insert(next).second);
        id = next;
    }
    EXPECT_EQ(next_round(stem().member(3)), next_round(stem().member(3))) << "whoever asks";
}

TEST(Groups, WhateverHappensTellEachMembersLastEndOnce) {
    std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same each time
    for (int round = 0; round < 200; ++round) {
        Group group(members(20), {.max_fails = 5, .in_order = round % 2 == 0});
        std::vector<int> told(20, 0);
        for (int step = 0; step < 300; ++step) {
            const auto index = static_cast<std::uint32_t>(random() % 20);
            const auto status = static_cast<OutcomeStatus>(random() % 5);
            switch (random() % 4) {
                case 0: (void)group.end(group.task_of(index), outcome_of(status)); break;
                case 1: (void)group.end(group.task_of(index), Error{ErrorCode::invalid, "no"}); break;
                case 2:
                    if (const auto end = group.next()) { ++told[end->index]; }
                    break;
                default:
                    for (const std::uint32_t again : group.retry()) { told[again] = 0; }
            }
            group.check_invariants();
        }
        for (std::uint32_t i = 0; i < 20; ++i) {
            if (group.lives(i)) { (void)group.end(group.task_of(i), outcome_of(OutcomeStatus::succeeded)); }
        }
        while (const auto end = group.next()) { ++told[end->index]; }
        EXPECT_TRUE(group.is_told());
        EXPECT_EQ(told, std::vector<int>(20, 1));
    }
}

}  // namespace
}  // namespace nias::core
