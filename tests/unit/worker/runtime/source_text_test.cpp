// Sources in older encodings.
#include "worker/runtime/source_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_folder.hpp"

namespace nias::worker {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST(SourceText, RewritesTheFilesOfAFolderAndNamesThem) {
    const test::TempFolder folder;
    test::write_file(folder / "code.m",
                     "s = 'm\xE9"
                     "dia';\n");
    test::write_file(folder / "lib/f.m", "% \xE7\n");
    test::write_file(folder / "good.m", "x = 1;\n");
    test::write_file(folder / "marked.m", "\xEF\xBB\xBFx = 1;\n");
    test::write_file(folder / "wide.m", std::string("\xFF\xFE"
                                                    "x\0\xE9\0",
                                                    6));
    test::write_file(folder / "data.csv", "\xE9\n");
    const auto notes = read_sources_as_utf8(folder.path(), ".m");
    ASSERT_TRUE(notes) << notes.error().message;
    EXPECT_THAT(*notes, testing::UnorderedElementsAre(
                            testing::AllOf(HasSubstr("(Latin-1)"), HasSubstr("code.m"), HasSubstr("lib/f.m")),
                            HasSubstr("wide.m was written in UTF-16")));
    EXPECT_EQ(test::read_file(folder / "code.m"), "s = 'média';\n");
    EXPECT_EQ(test::read_file(folder / "wide.m"), "xé");
    EXPECT_EQ(test::read_file(folder / "marked.m"), "x = 1;\n");
    EXPECT_EQ(test::read_file(folder / "data.csv"), "\xE9\n") << "another ending";
    EXPECT_THAT(*read_sources_as_utf8(folder.path(), ".m"), IsEmpty()) << "they are UTF-8 by then";
    const auto all = [](std::string_view) { return true; };
    EXPECT_THAT(*read_sources_as_utf8(folder.path(), ".csv", all), IsEmpty()) << "it says what it is";
    EXPECT_EQ(test::read_file(folder / "data.csv"), "\xE9\n");
}

}  // namespace
}  // namespace nias::worker
