// A log that a stream of events follows, from where the page has it to the attempt that comes next.
#include "live/followed_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>

#include "options.hpp"
#include "support/temp_folder.hpp"

namespace nias::httpfront {
namespace {

using testing::HasSubstr;

class FollowedLogTest : public testing::Test {
protected:
    void SetUp() override {
        auto opened = store::Logs::open(folder_.path());
        ASSERT_TRUE(opened) << opened.error().message;
        logs_.emplace(std::move(*opened));
    }
    void write(const std::string& text, Attempt attempt = 1) {
        std::uint64_t& at = written_[attempt];
        const Bytes bytes(text.begin(), text.end());
        ASSERT_TRUE(logs_->write({id_, attempt}, at, bytes));
        at += text.size();
    }
    TaskId id_ = TaskId::make();
    test::TempFolder folder_;
    std::optional<store::Logs> logs_;
    std::map<Attempt, std::uint64_t> written_;
    FollowedLog followed_;
};

TEST_F(FollowedLogTest, IsToldFromTheOffsetOnAndThenAsItGrows) {
    write("one two ");
    followed_.begin({id_, 1}, 4, *logs_);
    ASSERT_TRUE(followed_.is_behind());
    EXPECT_THAT(followed_.read(*logs_), HasSubstr(R"("offset":4,"next":8,"text":"two ")"));
    EXPECT_FALSE(followed_.is_behind());
    write("three");
    EXPECT_FALSE(followed_.is_behind()) << "nobody said so yet";
    followed_.note({id_, 1});
    EXPECT_THAT(followed_.read(*logs_), HasSubstr(R"("text":"three")"));
}

TEST_F(FollowedLogTest, WithoutAnOffsetBeginsAtThePresentEnd) {
    write("before");
    followed_.begin({id_, 1}, std::nullopt, *logs_);
    EXPECT_FALSE(followed_.is_behind());
}

TEST_F(FollowedLogTest, GoesOnWithALaterAttemptAndPassesOverAnEarlierOneAndOtherJobs) {
    write("of the first");
    followed_.begin({id_, 1}, 0, *logs_);
    write("of the third", 3);
    followed_.note({id_, 3});
    EXPECT_THAT(followed_.read(*logs_), HasSubstr(R"("attempt":3,"offset":0)"));
    followed_.note({id_, 1});
    followed_.note({TaskId::make(), 9});
    EXPECT_FALSE(followed_.is_behind());
}

TEST_F(FollowedLogTest, IsReadInPiecesAndNeverCutInsideACharacter) {
    write(std::string(kPieceBytes - 1, 'x') + "\xC3");
    followed_.begin({id_, 1}, 0, *logs_);
    EXPECT_EQ(followed_.read(*logs_).find("\xC3"), std::string::npos);
    write("\xA9!");
    followed_.note({id_, 1});
    EXPECT_THAT(followed_.read(*logs_), HasSubstr("\"text\":\"\xC3\xA9!\""));
}

TEST_F(FollowedLogTest, OfNoJobNeverHasAnything) {
    followed_.note({id_, 1});
    EXPECT_FALSE(followed_.is_behind());
}

}  // namespace
}  // namespace nias::httpfront
