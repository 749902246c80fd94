// Sources in older encodings.
#include "worker/runtime/source_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_folder.hpp"

namespace nias::worker {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST(SourceText, LeavesUtf8AsItIs) {
    EXPECT_FALSE(as_utf8("plain"));
    EXPECT_FALSE(as_utf8("média 🙂"));
    EXPECT_FALSE(as_utf8(""));
}

TEST(SourceText, ReadsLatin1AndWindows1252) {
    const auto read = as_utf8(
        "m\xE9"
        "dia \x80 \x96");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->text, "média € –");
    EXPECT_EQ(read->from, "Latin-1");
    EXPECT_TRUE(as_utf8("cut \xC3")) << "the beginning of a character is none";
}

TEST(SourceText, ReadsUtf16InBothOrdersAndTakesOffAMark) {
    EXPECT_EQ(as_utf8(std::string_view("\xFF\xFE"
                                       "a\0\xE9\0=\xD8\x42\xDE",
                                       10))
                  ->text,
              "aé🙂");
    EXPECT_EQ(as_utf8(std::string_view("\xFE\xFF\0a\0\xE9", 6))->text, "aé");
    EXPECT_EQ(as_utf8(std::string_view("\xFF\xFE\x3D\xD8", 4))->text, "\xEF\xBF\xBD") << "half a pair";
    EXPECT_EQ(as_utf8("\xEF\xBB\xBFx = 1;")->text, "x = 1;");
}

TEST(SourceText, RewritesTheFilesOfAFolderAndNamesThem) {
    const test::TempFolder folder;
    test::write_file(folder / "code.m",
                     "s = 'm\xE9"
                     "dia';\n");
    test::write_file(folder / "lib/f.m", "% \xE7\n");
    test::write_file(folder / "good.m", "x = 1;\n");
    test::write_file(folder / "data.csv", "\xE9\n");
    const auto notes = read_sources_as_utf8(folder.path(), ".m");
    ASSERT_TRUE(notes) << notes.error().message;
    ASSERT_EQ(notes->size(), 1U);
    EXPECT_THAT(notes->front(), HasSubstr("was written in Latin-1"));
    EXPECT_THAT(notes->front(), HasSubstr("code.m"));
    EXPECT_THAT(*read_sources_as_utf8(folder.path(), ".m"), IsEmpty()) << "they are UTF-8 by then";
}

}  // namespace
}  // namespace nias::worker
