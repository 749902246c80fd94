#include "base/unicode.hpp"

#include <gtest/gtest.h>

#include <random>

namespace nias {
namespace {

TEST(Visible, LeavesWhatPeopleWriteAsItIs) {
    for (const char* text : {"", "espectro-2", "análise do ruído", "スペクトル", "Анализ", "👩‍🔬 lab",
                             "a  b", "100 %", "e\u0301"}) {
        EXPECT_EQ(visible(text), text);
    }
}

TEST(Visible, WritesOutWhatATerminalWouldObey) {
    EXPECT_EQ(visible("a\nb\tc\rd"), "a\\nb\\tc\\rd");
    EXPECT_EQ(visible("\x1b[31mred\x1b[0m"), "\\x1b[31mred\\x1b[0m");
    EXPECT_EQ(visible("bell\a back\b del\x7f"), "bell\\x07 back\\x08 del\\x7f");
    EXPECT_EQ(visible("C1 \u009b31m \u0085 \u009d0;title\u009c"),
              "C1 \\u009b31m \\u0085 \\u009d0;title\\u009c");
    EXPECT_EQ(visible(std::string("nul\0end", 7)), "nul\\x00end");
}

TEST(Visible, WritesOutWhatTurnsOrHidesText) {
    EXPECT_EQ(visible("exe\u202egnp.m"), "exe\\u202egnp.m");
    for (const char* mark : {"\u061c", "\u200e", "\u200f", "\u202a", "\u2066", "\u2069", "\u2028", "\u2029",
                             "\u200b", "\u2060", "\ufeff", "\u00ad", "\U000e0041"}) {
        const std::string shown = visible(mark);
        EXPECT_TRUE(shown.starts_with("\\u") || shown.starts_with("\\U")) << shown;
    }
}

TEST(JsonText, IsAStringOfJsonWhateverItIsMadeOf) {
    EXPECT_EQ(json_text(""), "\"\"");
    EXPECT_EQ(json_text("análise 研究室 👩‍🔬"), "\"análise 研究室 👩‍🔬\"");
    EXPECT_EQ(json_text("a\"b\\c"), R"("a\"b\\c")");
    EXPECT_EQ(json_text("a\nb\x1b[2J\x7f"), R"("a\u000ab\u001b[2J\u007f")");
    EXPECT_EQ(json_text(std::string("nul\0end", 7)), R"("nul\u0000end")");
    EXPECT_EQ(json_text("\u202egpj"), R"("\u202egpj")");
    EXPECT_EQ(json_text("\U000e0041"), R"("\udb40\udc41")") << "past U+FFFF it takes two";
    EXPECT_EQ(json_text("caf\xe9, cut \xe3\x82"), R"("caf\ufffd, cut \ufffd\ufffd")");
}

TEST(Visible, WritesOutBytesThatAreNotText) {
    EXPECT_EQ(visible("caf\xe9"), "caf\\xe9");
    EXPECT_EQ(visible("\xc0\xaf"), "\\xc0\\xaf");
    EXPECT_EQ(visible("\xed\xa0\x80"), "\\xed\\xa0\\x80");
    EXPECT_EQ(visible("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
    EXPECT_EQ(visible("cut \xe3\x82"), "cut \\xe3\\x82");
}

TEST(Visible, OfAnyBytesHasNoControlAndStaysAsItIs) {
    std::mt19937 random(20);
    for (int round = 0; round < 2000; ++round) {
        std::string bytes(random() % 40, '\0');
        for (char& byte : bytes) { byte = static_cast<char>(random()); }
        const std::string once = visible(bytes);
        EXPECT_EQ(once.find_first_of(std::string("\0\n\r\t\x1b\x7f", 6)), std::string::npos);
        EXPECT_EQ(visible(once), once);
    }
}

TEST(VisibleLines, KeepsLinesAndMovesThemFromTheMargin) {
    EXPECT_EQ(visible_lines("one", 4), "one");
    EXPECT_EQ(visible_lines("one\ntwo\r\n\nfour\n\n", 4), "one\n    two\n    \n    four");
    EXPECT_EQ(visible_lines("no such file\nstate       succeeded\x1b[2J", 12),
              "no such file\n            state       succeeded\\x1b[2J");
    EXPECT_EQ(visible_lines("\n\r\n", 2), "");
    EXPECT_EQ(visible_lines("10 %\r20 %", 2), "10 %\\r20 %");
}

TEST(Columns, AreThoseOfATerminal) {
    EXPECT_EQ(columns_of(""), 0U);
    EXPECT_EQ(columns_of("espectro"), 8U);
    EXPECT_EQ(columns_of("ação"), 4U);
    EXPECT_EQ(columns_of("スペクトル"), 10U);
    EXPECT_EQ(columns_of("e\u0301"), 1U);
    EXPECT_EQ(columns_of("👩"), 2U);
    EXPECT_EQ(columns_of("\xff"), 1U);
}

TEST(PlainLetters, AreTheSameWhateverTheCapitalsAndAccentsAlsoInOtherAlphabets) {
    EXPECT_EQ(plain_letters("ANÁLISE do Ruído Ç"), plain_letters("análise DO RUÍDO ç"));
    EXPECT_EQ(plain_letters("ESPECTRO"), "espectro");
    EXPECT_EQ(plain_letters("ΣΊΣΥΦΟΣ"), plain_letters("σίσυφος"));
    EXPECT_EQ(plain_letters("АНАЛИЗ"), plain_letters("анализ"));
    EXPECT_EQ(plain_letters("スペクトル"), "スペクトル");
    for (const char* text :
         {"análise", "ANÁLISE", "a\u0301nalise", "anali\u015Fe", "\u0101n\u00E2lis\u0119"}) {
        EXPECT_EQ(plain_letters(text), "analise") << text;
    }
    EXPECT_EQ(plain_letters("\u00E6 \u00F8 \u00DF \u00F7"), "\u00E6 \u00F8 \u00DF \u00F7")
        << "letters of their own";
    EXPECT_EQ(plain_letters("A\xff\xe3\x82Z"), "a\xff\xe3\x82z");
}

}  // namespace
}  // namespace nias
