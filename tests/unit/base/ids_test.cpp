#include "base/ids.hpp"

#include <gtest/gtest.h>
#include <nias/task.hpp>

#include <set>

#include "base/clock.hpp"

namespace nias {
namespace {

constexpr std::int64_t kSomeTime = 1'700'000'000'000;

TEST(TaskIds, MadeLaterSortLater) {
    EXPECT_LT(make_task_id(kSomeTime), make_task_id(kSomeTime + 1));
    EXPECT_LT(make_task_id(0xfffe), make_task_id(0x1'0000));  // the carry into another byte
}

TEST(TaskIds, OfOneMakerSortAsTheyWereMade) {
    TaskIdMaker maker;
    TaskId last = maker.make(kSomeTime);
    for (int i = 0; i < 70'000; ++i) {  // the random part carries over two of its bytes
        // A clock that is set back now and then.
        const std::int64_t time = kSomeTime + i / 10'000 - (i % 7 == 0 ? 5 : 0);
        const TaskId id = maker.make(time);
        ASSERT_LT(last, id) << i;
        last = id;
    }
}

TEST(TaskIds, HoldTheirTimeInTheFirst48Bits) {
    const std::string text = to_string(make_task_id(0x0123'4567'89ab));
    EXPECT_EQ(text.substr(0, 12), "0123456789ab");
    EXPECT_EQ(made_unix_ms(make_task_id(0x0123'4567'89ab)), 0x0123'4567'89ab);
    EXPECT_EQ(made_unix_ms(make_group_id(kSomeTime).member(3)), kSomeTime);
}

TEST(TaskIds, OfTheSameMillisecondDiffer) {
    std::set<TaskId> ids;
    TaskIdMaker maker;
    for (int i = 0; i < 5000; ++i) { ids.insert(maker.make(kSomeTime)); }
    for (int i = 0; i < 1000; ++i) { ids.insert(make_task_id(kSomeTime)); }
    EXPECT_EQ(ids.size(), 6000U);
}

TEST(TaskIds, HaveHashesOfTheirOwnWhateverHalfTellsThemApart) {
    std::set<std::size_t> hashes;
    for (const std::size_t at :
         {std::size_t{0}, std::size_t{6}, std::size_t{14}}) {  // where they are numbered
        for (std::size_t n = 1; n <= 10'000; ++n) {
            TaskId id;
            id.bytes[at] = static_cast<std::uint8_t>(n >> 8U);
            id.bytes[at + 1] = static_cast<std::uint8_t>(n);
            hashes.insert(std::hash<TaskId>{}(id));
        }
    }
    EXPECT_EQ(hashes.size(), 30'000U);
}

TEST(TaskIds, AreReadAsTheyArePrinted) {
    const TaskId id = make_task_id(kSomeTime);
    EXPECT_EQ(to_string(id).size(), 32U);
    const auto read = parse_task_id(to_string(id));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, id);
}

TEST(TaskIds, OfAnotherFormAreRefusedByName) {
    const std::string good(32, 'a');
    for (const std::string& bad : {std::string(), good.substr(1), good + "a", std::string(32, 'A'),
                                   good.substr(1) + "g", good.substr(2) + "\n0"}) {
        const auto read = parse_task_id(bad);
        ASSERT_FALSE(read) << bad;
        EXPECT_EQ(read.error().code, ErrorCode::invalid);
    }
    EXPECT_NE(parse_task_id("job-7").error().message.find("\"job-7\" is not a task id"), std::string::npos);
    EXPECT_LT(parse_task_id(std::string(100'000, 'x')).error().message.size(), 200U);
}

TEST(TaskIds, OfAGroupTellThePlaceOfEachTask) {
    const TaskId group = make_group_id(kSomeTime);
    EXPECT_EQ(to_string(group).substr(24), "ffffffff") << "so that no task has the id of its group";
    EXPECT_EQ(to_string(group.member(0x01020304)), to_string(group).substr(0, 24) + "01020304");
    TaskId last{};
    for (const std::uint32_t index : {0U, 1U, 255U, 256U, 65'536U, kGroupIndexMax}) {
        const TaskId id = group.member(index);
        EXPECT_EQ(id.index(), index);
        EXPECT_EQ(id.member(7), group.member(7));
        EXPECT_LT(last, id) << "they sort by their place";
        EXPECT_LT(id, group);
        last = id;
    }
    EXPECT_LT(group, make_group_id(kSomeTime + 1).member(0));
    std::set<TaskId> groups;
    for (int i = 0; i < 1000; ++i) { groups.insert(TaskId::make_group()); }
    EXPECT_EQ(groups.size(), 1000U);
}

TEST(BlobHashes, AreReadAsTheyArePrinted) {
    BlobHash hash;
    for (std::size_t i = 0; i < hash.bytes.size(); ++i) { hash.bytes[i] = static_cast<std::uint8_t>(i * 8); }
    const auto read = parse_blob_hash(to_string(hash));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, hash);
    EXPECT_FALSE(parse_blob_hash(to_string(hash).substr(2)));
    EXPECT_FALSE(parse_blob_hash(to_string(hash) + "/../../x"));
}

TEST(Incarnations, AreNeverZeroAndDiffer) {
    std::set<std::uint64_t> drawn;
    for (int i = 0; i < 1000; ++i) { drawn.insert(make_incarnation()); }
    EXPECT_EQ(drawn.size(), 1000U);
    EXPECT_FALSE(drawn.contains(0));
}

TEST(TaskStates, AreReadAsTheyArePrinted) {
    std::set<std::string_view> names;
    for (const TaskState state : kTaskStates) {
        const auto read = parse_task_state(to_string(state));
        ASSERT_TRUE(read);
        EXPECT_EQ(*read, state);
        names.insert(to_string(state));
    }
    EXPECT_EQ(names.size(), kTaskStates.size());
    EXPECT_EQ(parse_task_state("Queued").error().code, ErrorCode::invalid);
    EXPECT_EQ(to_string(static_cast<TaskState>(99)), "unknown");
}

TEST(TaskStates, EndFromSucceededOn) {
    for (const TaskState state : kTaskStates) {
        EXPECT_EQ(has_ended(state),
                  state != TaskState::queued && state != TaskState::assigned && state != TaskState::running);
    }
}

TEST(Clock, NeverGoesBack) {
    Time last = now();
    for (int i = 0; i < 10'000; ++i) {
        const Time next = now();
        ASSERT_GE(next, last);
        last = next;
    }
}

TEST(TaskIds, OfAProgramDifferAndHoldTheTimeAtWhichTheyWereMade) {
    const std::int64_t before = unix_ms_now();
    std::set<TaskId> made;
    for (int i = 0; i < 1000; ++i) { made.insert(TaskId::make()); }
    EXPECT_EQ(made.size(), 1000U);
    EXPECT_GE(*made.begin(), make_task_id(before - 1));
    EXPECT_LE(*made.rbegin(), make_task_id(unix_ms_now() + 1));
}

TEST(Clock, TellsMillisecondsSince1970ToPeople) {
    const std::int64_t ms = unix_ms_now();
    EXPECT_GT(ms, 1'600'000'000'000);   // 2020
    EXPECT_LT(ms, 16'000'000'000'000);  // not microseconds
}

}  // namespace
}  // namespace nias
