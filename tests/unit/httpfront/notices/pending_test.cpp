#include "notices/pending.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "support/temp_folder.hpp"

namespace nias::httpfront {
namespace {

PendingNotice notice(std::uint8_t number, const std::string& owner, std::int64_t due = 0) {
    PendingNotice made{.id = {}, .owner = owner, .webhook = true, .mail = true, .due_unix_ms = due};
    made.id.bytes[15] = number;
    return made;
}

class PendingNoticesTest : public testing::Test {
protected:
    PendingNotices open() { return std::move(*PendingNotices::open(folder_.path())); }
    test::TempFolder folder_;
};

TEST_F(PendingNoticesTest, OweTheSameAfterARestart) {
    PendingNotice changed = notice(2, "bob", 77);
    {
        PendingNotices first = open();
        ASSERT_TRUE(first.add(notice(1, "ana")));
        ASSERT_TRUE(first.add(notice(2, "bob")));
        ASSERT_TRUE(first.add(notice(3, "eva")));
        changed.tries = 3;
        changed.webhook = false;
        ASSERT_TRUE(first.change(changed));
        first.remove(notice(3, "").id);
    }
    const PendingNotices again = open();
    EXPECT_EQ(again.size(), 2U);
    EXPECT_EQ(again.find(notice(1, "").id), notice(1, "ana"));
    EXPECT_EQ(again.find(notice(2, "").id), changed);
    EXPECT_EQ(again.waiting(), std::vector{notice(1, "").id});
}

TEST_F(PendingNoticesTest, ServeTheOwnerWhoWaitedLongest) {
    PendingNotices pending = open();
    for (std::uint8_t i = 1; i <= 3; ++i) { ASSERT_TRUE(pending.add(notice(i, "ana", 10))); }
    ASSERT_TRUE(pending.add(notice(9, "bob", 10)));
    const auto first = pending.next_due(10);
    const auto second = pending.next_due(10);
    ASSERT_TRUE(first && second);
    EXPECT_NE(first->owner, second->owner);
}

TEST_F(PendingNoticesTest, AreServedWhenTheyAreDueAndNotBefore) {
    PendingNotices pending = open();
    EXPECT_FALSE(pending.next_due_at());
    ASSERT_TRUE(pending.add(notice(1, "ana")));
    ASSERT_TRUE(pending.add(notice(2, "ana", 500)));
    EXPECT_FALSE(pending.next_due(499));
    EXPECT_EQ(pending.next_due_at(), 500);
    EXPECT_EQ(pending.next_due(500)->id, notice(2, "").id);
}

TEST_F(PendingNoticesTest, RefuseMoreThanMayBeOwedToOneAndToAll) {
    PendingNotices pending = std::move(*PendingNotices::open(folder_.path(), {.all = 3, .of_owner = 2}));
    ASSERT_TRUE(pending.add(notice(1, "ana")));
    ASSERT_TRUE(pending.add(notice(2, "ana")));
    const auto refused = pending.add(notice(3, "ana"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::overloaded);
    EXPECT_TRUE(pending.add(notice(4, "bob"))) << "another account is owed nothing yet";
    EXPECT_FALSE(pending.add(notice(5, "eva")));
    pending.remove(notice(1, "").id);
    EXPECT_TRUE(pending.add(notice(5, "eva")));
}

TEST_F(PendingNoticesTest, PassOverWhatALossOfPowerLeft) {
    {
        PendingNotices first = open();
        ASSERT_TRUE(first.add(notice(1, "ana")));
    }
    const std::string folder = folder_.path() + "/notices/pending/";
    std::ofstream(folder + to_string(notice(2, "").id)) << "{\"own";
    std::ofstream(folder + to_string(notice(1, "").id) + ".new") << "";
    const PendingNotices again = open();
    EXPECT_EQ(again.size(), 1U);
    EXPECT_EQ(open().size(), 1U);
}

TEST(NoticeRests, GrowToHalfADayAndThenStay) {
    EXPECT_EQ(rest_after_ms(1), 2'000);
    for (std::uint32_t tries = 1; tries < kNoticeTriesMax; ++tries) {
        EXPECT_LT(rest_after_ms(tries), rest_after_ms(tries + 1));
    }
    EXPECT_EQ(rest_after_ms(1'000'000), rest_after_ms(kNoticeTriesMax));
}

}  // namespace
}  // namespace nias::httpfront
