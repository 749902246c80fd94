// Text as other systems write it.
#include "job/text.hpp"

#include <gtest/gtest.h>

namespace nias::job {
namespace {

using namespace std::string_literals;

TEST(Text, ComposesAccentsAndLeavesTheRestAlone) {
    EXPECT_EQ(composed("corac\u0327a\u0303o.csv"), "coração.csv");
    EXPECT_EQ(composed("coração.csv"), "coração.csv");
    EXPECT_EQ(composed("plain"), "plain");
    EXPECT_EQ(composed(""), "");
    EXPECT_EQ(composed("\xFF\xFE"), "\xFF\xFE");
}

TEST(Text, KnowsUtf8) {
    EXPECT_TRUE(is_utf8("ação"));
    EXPECT_FALSE(is_utf8("a\xE7\xE3o"));
    EXPECT_FALSE(is_utf8("\xC0\xAF")) << "a longer form than needed";
    EXPECT_FALSE(is_utf8("\xED\xA0\x80")) << "half of a pair";
    EXPECT_FALSE(is_utf8("a\xC3"));
}

/// The same words, encoded by both pages, must each be told from the other.
TEST(Text, TellsTheCodePageByWhatReadsLikeWords) {
    struct Pair {
        const char* word;
        const char* in850;
        const char* in1252;
    };
    const Pair pairs[] = {{"Sessão de março", "Sess\xC6o de mar\x87o", "Sess\xE3o de mar\xE7o"},
                          {"AÇÃO", "A\x80\xC7O", "A\xC7\xC3O"},
                          {"Ávila", "\xB5vila", "\xC1vila"},
                          {"sinais_elétricos", "sinais_el\x82tricos", "sinais_el\xE9tricos"},
                          {"três", "tr\x88s", "tr\xEAs"},
                          {"nº 4", "n\xA7 4", "n\xBA 4"}};
    for (const auto& [word, in850, in1252] : pairs) {
        EXPECT_EQ(likely_code_page({in850}), CodePage::page850) << word;
        EXPECT_EQ(from_code_page(in850, CodePage::page850), word);
        EXPECT_EQ(likely_code_page({in1252}), CodePage::page1252) << word;
        EXPECT_EQ(from_code_page(in1252, CodePage::page1252), word);
    }
    EXPECT_EQ(likely_code_page({}), CodePage::page850);
    EXPECT_EQ(likely_code_page({"\xE9ltimo"}), CodePage::page850)
        << "«Último» or «éltimo»: what Explorer writes";
    EXPECT_EQ(likely_code_page({"\xC6", "sess\xE3o", "mar\xE7o"}), CodePage::page1252) << "all names count";
}

TEST(Text, ReadsUtf16WithAndWithoutItsMark) {
    const std::string little = "n\0u\0m\0p\0y\0\r\0\n\0"s;
    const std::string big = "\0n\0u\0m\0p\0y\0\r\0\n"s;
    for (const std::string& bytes : {"\xFF\xFE"s + little, "\xFE\xFF"s + big, little, big}) {
        const auto read = decode_text(bytes);
        ASSERT_TRUE(read);
        EXPECT_EQ(read->text, "numpy\r\n");
        EXPECT_EQ(read->encoding, "UTF-16");
    }
    EXPECT_EQ(decode_text("\xFF\xFE\x3D\xD8\x00\xDE"s)->text, "\U0001F600");
    EXPECT_EQ(decode_text("\xFF\xFE\x3D\xD8"s)->text, "\uFFFD") << "half of a pair";
}

TEST(Text, ReadsUtf8AndWhatEditorsOfWindowsWrite) {
    EXPECT_EQ(decode_text("\xEF\xBB\xBFnumpy")->text, "numpy");
    EXPECT_EQ(decode_text("\xEF\xBB\xBFnumpy")->encoding, "");
    EXPECT_EQ(decode_text("name = \"Sess\xE3o\"")->text, "name = \"Sessão\"");
    EXPECT_EQ(decode_text("name = \"Sess\xE3o\"")->encoding, "Windows-1252");
    EXPECT_EQ(decode_text("")->text, "");
}

TEST(Text, RefusesWhatIsNoText) {
    const auto read = decode_text("\x00\x01\x02\x00\x00\x7F"s);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::invalid);
}

TEST(Text, CutsBetweenCharacters) {
    EXPECT_EQ(shown("ação", 2), "a…");
    EXPECT_EQ(shown("ação", 3), "aç…");
    EXPECT_EQ(shown("ação"), "ação");
}

}  // namespace
}  // namespace nias::job
