#include "live/reader.hpp"

#include <gtest/gtest.h>

namespace nias::httpfront {
namespace {

TaskId id_of(std::uint8_t number) {
    TaskId id;
    id.bytes[15] = number;
    return id;
}

TEST(StreamReader, HearsOfItsOwnersJobsAndOfTheOneItLooksAt) {
    Reader reader;
    EXPECT_TRUE(reader.may_hear(id_of(1), "ana")) << "without an owner it hears of all";
    reader.owner = "ana";
    EXPECT_TRUE(reader.may_hear(id_of(1), "ana"));
    EXPECT_FALSE(reader.may_hear(id_of(1), "bob"));
    EXPECT_FALSE(reader.may_hear(id_of(1), ""));
    reader.job = id_of(2);
    EXPECT_TRUE(reader.may_hear(id_of(2), "bob"));
    EXPECT_FALSE(reader.may_hear(id_of(1), "bob"));
}

TEST(EventFrame, IsOneEventWithOrWithoutAnId) {
    EXPECT_EQ(event_frame("job", "7-1", "{}"), "id: 7-1\nevent: job\ndata: {}\n\n");
    EXPECT_EQ(event_frame("log", "", "{}"), "event: log\ndata: {}\n\n");
}

TEST(WholeCharacters, LeaveOutTheBeginningOfOneThatIsStillToCome) {
    EXPECT_EQ(whole_characters("abc"), "abc");
    EXPECT_EQ(whole_characters("ab\xC3"), "ab");
    EXPECT_EQ(whole_characters("ab\xE2\x82"), "ab");
    EXPECT_EQ(whole_characters("ab\xF0\x9F\x98"), "ab");
    EXPECT_EQ(whole_characters("ab\xC3\xA9"), "ab\xC3\xA9");
    EXPECT_EQ(whole_characters(""), "");
    EXPECT_EQ(whole_characters("\x80\x80\x80\x80"), "\x80\x80\x80\x80")
        << "bytes that are no UTF-8 wait for nothing";
}

}  // namespace
}  // namespace nias::httpfront
