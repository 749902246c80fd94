#include "store/logs/logs.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "support/temp_folder.hpp"
#include "unit/store/records.hpp"

namespace nias::store {
namespace {

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

class LogsTest : public testing::Test {
protected:
    void SetUp() override {
        auto opened = Logs::open(folder_.path());
        ASSERT_TRUE(opened) << opened.error().message;
        logs_.emplace(std::move(*opened));
    }
    Status write(std::uint64_t offset, std::string_view text) {
        return logs_->write(attempt_, offset, bytes_of(text));
    }
    std::string whole() {
        const auto bytes = logs_->read(attempt_, 0, 1U << 20U);
        EXPECT_TRUE(bytes);
        return {bytes->begin(), bytes->end()};
    }

    test::TempFolder folder_;
    std::optional<Logs> logs_;
    AttemptRef attempt_{test::id_of(1), 1};
};

TEST_F(LogsTest, JoinsChunksByTheirOffsets) {
    ASSERT_TRUE(write(0, "hello "));
    ASSERT_TRUE(write(6, "world"));
    EXPECT_EQ(whole(), "hello world");
    EXPECT_EQ(*logs_->size(attempt_), 11U);
}

TEST_F(LogsTest, TakeRepeatsWithoutHarm) {
    ASSERT_TRUE(write(0, "hello "));
    ASSERT_TRUE(write(0, "hello "));
    ASSERT_TRUE(write(3, "lo world"));  // half of it is there
    ASSERT_TRUE(write(2, "llo"));
    EXPECT_EQ(whole(), "hello world");
}

TEST_F(LogsTest, NeverChangeWhatIsThere) {
    ASSERT_TRUE(write(0, "hello"));
    ASSERT_TRUE(write(0, "HELLO!"));
    EXPECT_EQ(whole(), "hello!");
}

TEST_F(LogsTest, RefuseAGapAndSayWhereToGoOn) {
    ASSERT_TRUE(write(0, "hello"));
    const auto refused = write(6, "world");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::conflict);
    EXPECT_NE(refused.error().message.find("ends at 5"), std::string::npos) << refused.error().message;
    EXPECT_FALSE(write(UINT64_MAX, "x"));
    EXPECT_EQ(whole(), "hello");
}

TEST_F(LogsTest, KeepAttemptsAndTasksApart) {
    ASSERT_TRUE(write(0, "first"));
    ASSERT_TRUE(logs_->write({test::id_of(1), 2}, 0, bytes_of("second")));
    EXPECT_EQ(whole(), "first");
    EXPECT_EQ(*logs_->size({test::id_of(1), 2}), 6U);
    EXPECT_EQ(*logs_->size({test::id_of(2), 1}), 0U);
}

TEST_F(LogsTest, AreEmptyWhereNothingWasWritten) {
    const auto bytes = logs_->read(attempt_, 0, 100);
    ASSERT_TRUE(bytes);
    EXPECT_TRUE(bytes->empty());
    ASSERT_TRUE(write(0, "hello"));
    EXPECT_TRUE(logs_->read(attempt_, 5, 100)->empty());
    EXPECT_EQ(*logs_->read(attempt_, 3, 100), bytes_of("lo"));
    EXPECT_EQ(*logs_->read(attempt_, 1, 2), bytes_of("el"));
}

TEST_F(LogsTest, AreThereAfterReopen) {
    ASSERT_TRUE(write(0, "hello"));
    auto again = Logs::open(folder_.path());
    ASSERT_TRUE(again);
    EXPECT_EQ(*again->size(attempt_), 5U);
}

TEST_F(LogsTest, OfADiskThatFailsAreNotEmpty) {
    ASSERT_TRUE(write(0, "hello"));
    const std::string id = to_string(attempt_.id);
    const std::string folder = folder_ / ("logs/" + id.substr(30));
    const std::string file = folder + "/" + id + "-1.log";
    std::filesystem::remove(file);
    EXPECT_TRUE(logs_->read(attempt_, 0, 100)->empty());
    EXPECT_EQ(*logs_->size(attempt_), 0U);
    std::filesystem::create_directory(file);  // reading it fails, as on a broken disk
    const auto read = logs_->read(attempt_, 0, 100);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::unavailable);
    EXPECT_NE(read.error().message.find(file), std::string::npos);
    std::filesystem::remove_all(folder);
    test::write_file(folder, "a file where a folder was");
    ASSERT_FALSE(logs_->size(attempt_));
    EXPECT_EQ(logs_->size(attempt_).error().code, ErrorCode::unavailable);
    EXPECT_EQ(write(5, "more").error().code, ErrorCode::unavailable);
}

TEST_F(LogsTest, AreErasedForEveryAttemptOfATaskAndForNoOther) {
    const AttemptRef later{test::id_of(1), 12};
    AttemptRef other{test::id_of(1), 1};
    other.id.bytes[3] = 9;  // in the same folder
    for (const AttemptRef& attempt : {attempt_, later, other}) {
        ASSERT_TRUE(logs_->write(attempt, 0, bytes_of("hello")));
    }
    const TaskId ids[] = {attempt_.id, test::id_of(77)};
    ASSERT_TRUE(logs_->erase(ids));
    ASSERT_TRUE(logs_->erase(ids));  // a repeat finds nothing
    EXPECT_EQ(*logs_->size(attempt_), 0U);
    EXPECT_EQ(*logs_->size(later), 0U);
    EXPECT_EQ(*logs_->size(other), 5U);
}

}  // namespace
}  // namespace nias::store
