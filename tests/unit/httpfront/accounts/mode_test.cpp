#include "accounts/mode.hpp"

#include <gtest/gtest.h>

namespace nias::httpfront {
namespace {

Mode mode_of(const ModeQuestion& question) {
    const auto mode = decide_mode(question);
    EXPECT_TRUE(mode) << mode.error().message;
    return mode ? *mode : Mode::accounts;
}

TEST(Mode, IsOpenByItselfOnlyWhileNothingSaysThatOthersCome) {
    EXPECT_EQ(mode_of({}), Mode::open_by_default);
    EXPECT_EQ(mode_of({.loopback = false}), Mode::accounts);
    EXPECT_EQ(mode_of({.behind_proxy = true}), Mode::accounts);
    EXPECT_EQ(mode_of({.has_accounts = true}), Mode::accounts);
}

TEST(Mode, IsWhatWasWantedWhereThatCanBe) {
    EXPECT_EQ(mode_of({.wanted = "on"}), Mode::accounts);
    EXPECT_EQ(mode_of({.wanted = "off"}), Mode::open_by_choice);
    EXPECT_EQ(mode_of({.wanted = "off", .has_accounts = true}), Mode::open_by_choice);
}

TEST(Mode, IsRefusedInWordsWhereStrangersWouldBeLetIn) {
    for (const ModeQuestion& question : {ModeQuestion{.wanted = "off", .loopback = false},
                                         ModeQuestion{.wanted = "off", .behind_proxy = true},
                                         ModeQuestion{.wanted = ""}, ModeQuestion{.wanted = "yes"}}) {
        const auto mode = decide_mode(question);
        ASSERT_FALSE(mode) << question.wanted;
        EXPECT_EQ(mode.error().code, ErrorCode::invalid);
        EXPECT_NE(mode.error().message.find("--accounts"), std::string::npos);
    }
}

TEST(Mode, KnowsTheMarksOfAProxy) {
    for (const char* name : {"x-forwarded-for", "x-forwarded-host", "forwarded", "via", "x-real-ip"}) {
        EXPECT_TRUE(is_forwarded(Request{.fields = {{"host", "a"}, {name, ""}}})) << name;
    }
    EXPECT_FALSE(
        is_forwarded(Request{.fields = {{"host", "a"}, {"x-filename", "forwarded"}, {"x-forward", ""}}}));
}

}  // namespace
}  // namespace nias::httpfront
