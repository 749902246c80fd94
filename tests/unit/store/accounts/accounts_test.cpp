#include "store/accounts/accounts.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/temp_folder.hpp"

namespace nias::store {
namespace {

SecretHash hash_of(std::uint8_t number) {
    SecretHash hash;
    hash.bytes[0] = number;
    return hash;
}

UserRecord user_of(const std::string& name, Role role = Role::researcher) {
    return {.name = name,
            .full_name = "Name of " + name,
            .role = role,
            .password = "$argon2id$",
            .made_unix_ms = 5};
}

SessionRecord session_of(std::uint8_t number, const std::string& user, std::int64_t used = 10) {
    return {.hash = hash_of(number),
            .id = "s" + std::to_string(number),
            .user = user,
            .made_unix_ms = number,
            .used_unix_ms = used,
            .address = "10.0.0.1",
            .agent = "a <b>"};
}

TokenRecord token_of(std::uint8_t number, const std::string& user, std::int64_t expires = 100) {
    return {.hash = hash_of(number),
            .id = "t" + std::to_string(number),
            .user = user,
            .label = "cluster",
            .scopes = 3,
            .made_unix_ms = number,
            .expires_unix_ms = expires};
}

InvitationRecord invitation_of(std::uint8_t number, InvitationKind kind = InvitationKind::join) {
    return {.hash = hash_of(number),
            .id = "i" + std::to_string(number),
            .kind = kind,
            .role = Role::administrator,
            .user = "",
            .note = "for Ana",
            .made_by = "root",
            .made_unix_ms = number,
            .expires_unix_ms = 50};
}

class AccountsTest : public testing::Test {
protected:
    void SetUp() override { reopen(); }
    void reopen() {
        accounts_.reset();
        auto opened = Accounts::open(folder_.path());
        ASSERT_TRUE(opened) << opened.error().message;
        accounts_.emplace(std::move(*opened));
    }
    Accounts& accounts() { return *accounts_; }

    test::TempFolder folder_;
    std::optional<Accounts> accounts_;
};

TEST_F(AccountsTest, KeepsAUserWithEveryFieldAfterReopen) {
    ASSERT_TRUE(accounts().add_user(user_of("ana", Role::administrator)));
    reopen();
    const auto found = accounts().find_user("ana");
    ASSERT_TRUE(found && *found);
    const UserRecord& user = **found;
    EXPECT_EQ(user.name, "ana");
    EXPECT_EQ(user.full_name, "Name of ana");
    EXPECT_EQ(user.role, Role::administrator);
    EXPECT_EQ(user.password, "$argon2id$");
    EXPECT_FALSE(user.disabled);
    EXPECT_EQ(user.made_unix_ms, 5);
    EXPECT_EQ(accounts().find_user("bob")->has_value(), false);
    EXPECT_EQ(*accounts().count_users(), 1U);
}

TEST_F(AccountsTest, RefusesANameThatIsTakenInWords) {
    ASSERT_TRUE(accounts().add_user(user_of("ana")));
    const auto again = accounts().add_user(user_of("ana", Role::administrator));
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::conflict);
    EXPECT_NE(again.error().message.find("the name ana is taken"), std::string::npos);
    EXPECT_EQ((*accounts().find_user("ana"))->role, Role::researcher);
}

TEST_F(AccountsTest, ChangesAUserAndCountsAdministratorsWhoMayAct) {
    ASSERT_TRUE(accounts().add_user(user_of("ana", Role::administrator)));
    ASSERT_TRUE(accounts().add_user(user_of("bob", Role::administrator)));
    EXPECT_EQ(*accounts().count_active_administrators(), 2U);
    UserRecord bob = user_of("bob", Role::administrator);
    bob.disabled = true;
    bob.password = "other";
    ASSERT_TRUE(accounts().change_user(bob));
    EXPECT_EQ(*accounts().count_active_administrators(), 1U);
    EXPECT_TRUE((*accounts().find_user("bob"))->disabled);
    EXPECT_EQ((*accounts().find_user("bob"))->password, "other");
    const auto users = accounts().users();
    ASSERT_EQ(users->size(), 2U);
    EXPECT_EQ(users->front().name, "ana");
}

TEST_F(AccountsTest, UndoesAllOfATransactionThatFails) {
    const auto failed = accounts().together([&]() -> Status {
        if (auto added = accounts().add_user(user_of("ana")); !added) { return added; }
        return accounts().add_user(user_of("ana"));
    });
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::conflict);
    EXPECT_EQ(*accounts().count_users(), 0U);
    EXPECT_TRUE(accounts().together([&] { return accounts().add_user(user_of("ana")); }));
    EXPECT_EQ(*accounts().count_users(), 1U);
}

TEST_F(AccountsTest, FindsASessionByItsHashAloneAndEndsItByItsId) {
    ASSERT_TRUE(accounts().add_user(user_of("ana")));
    ASSERT_TRUE(accounts().add_user(user_of("bob")));
    ASSERT_TRUE(accounts().add_session(session_of(1, "ana")));
    ASSERT_TRUE(accounts().add_session(session_of(2, "ana")));
    const auto found = accounts().find_session(hash_of(1));
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->user, "ana");
    EXPECT_EQ((*found)->agent, "a <b>");
    EXPECT_FALSE(accounts().find_session(hash_of(9))->has_value());
    ASSERT_TRUE(accounts().use_session(hash_of(1), 77));
    EXPECT_EQ((*accounts().find_session(hash_of(1)))->used_unix_ms, 77);

    EXPECT_FALSE(*accounts().remove_session("bob", "s1")) << "another user's session was ended";
    EXPECT_TRUE(*accounts().remove_session("ana", "s1"));
    EXPECT_FALSE(*accounts().remove_session("ana", "s1"));
    EXPECT_EQ(accounts().sessions_of("ana")->size(), 1U);
    ASSERT_TRUE(accounts().remove_sessions_of("ana"));
    EXPECT_TRUE(accounts().sessions_of("ana")->empty());
}

TEST_F(AccountsTest, EndsTheSessionUnusedForLongestWhereAUserHasTooMany) {
    ASSERT_TRUE(accounts().add_user(user_of("ana")));
    for (std::size_t i = 0; i <= Accounts::kSessionsOfUserMax; ++i) {
        ASSERT_TRUE(accounts().add_session(
            session_of(static_cast<std::uint8_t>(i + 1), "ana", static_cast<std::int64_t>(1000 + i))));
    }
    EXPECT_EQ(accounts().sessions_of("ana")->size(), Accounts::kSessionsOfUserMax);
    EXPECT_FALSE(accounts().find_session(hash_of(1))->has_value());
    EXPECT_TRUE(accounts().find_session(hash_of(2))->has_value());
}

TEST_F(AccountsTest, KeepsTokensWithEveryFieldAndBoundsThem) {
    ASSERT_TRUE(accounts().add_user(user_of("ana")));
    for (std::size_t i = 0; i < Accounts::kTokensOfUserMax; ++i) {
        ASSERT_TRUE(accounts().add_token(token_of(static_cast<std::uint8_t>(i + 1), "ana")));
    }
    const auto refused = accounts().add_token(token_of(200, "ana"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::overloaded);
    const auto found = accounts().find_token(hash_of(7));
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->label, "cluster");
    EXPECT_EQ((*found)->scopes, 3U);
    EXPECT_EQ((*found)->expires_unix_ms, 100);
    EXPECT_EQ((*found)->used_unix_ms, 0);
    ASSERT_TRUE(accounts().use_token(hash_of(7), 88));
    EXPECT_EQ((*accounts().find_token(hash_of(7)))->used_unix_ms, 88);
    EXPECT_FALSE(*accounts().remove_token("bob", "t7")) << "another user's token was revoked";
    EXPECT_TRUE(*accounts().remove_token("ana", "t7"));
    EXPECT_EQ(accounts().tokens_of("ana")->size(), Accounts::kTokensOfUserMax - 1);
    ASSERT_TRUE(accounts().remove_tokens_of("ana"));
    EXPECT_TRUE(accounts().tokens_of("ana")->empty());
}

TEST_F(AccountsTest, GivesAnInvitationToOneTakerOnly) {
    ASSERT_TRUE(accounts().add_invitation(invitation_of(1)));
    ASSERT_TRUE(accounts().add_invitation(invitation_of(2, InvitationKind::set_up)));
    const auto found = accounts().find_invitation(hash_of(1));
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->kind, InvitationKind::join);
    EXPECT_EQ((*found)->role, Role::administrator);
    EXPECT_EQ((*found)->note, "for Ana");
    EXPECT_EQ((*found)->made_by, "root");
    EXPECT_EQ((*found)->expires_unix_ms, 50);
    EXPECT_TRUE(*accounts().remove_invitation("i1"));
    EXPECT_FALSE(*accounts().remove_invitation("i1"));
    ASSERT_TRUE(accounts().remove_set_up_invitations());
    EXPECT_TRUE(accounts().invitations()->empty());
}

TEST_F(AccountsTest, SweepsWhatHasEndedAndNothingElse) {
    ASSERT_TRUE(accounts().add_user(user_of("ana")));
    ASSERT_TRUE(accounts().add_session(session_of(1, "ana", 500)));   // made at 1: too old
    ASSERT_TRUE(accounts().add_session(session_of(20, "ana", 90)));   // not used since 90
    ASSERT_TRUE(accounts().add_session(session_of(30, "ana", 500)));  // lives
    ASSERT_TRUE(accounts().add_token(token_of(1, "ana", 499)));
    ASSERT_TRUE(accounts().add_token(token_of(2, "ana", 500)));
    ASSERT_TRUE(accounts().add_invitation(invitation_of(1)));
    ASSERT_TRUE(accounts().sweep(500, 10, 100));
    ASSERT_EQ(accounts().sessions_of("ana")->size(), 1U);
    EXPECT_EQ(accounts().sessions_of("ana")->front().id, "s30");
    ASSERT_EQ(accounts().tokens_of("ana")->size(), 1U);
    EXPECT_EQ(accounts().tokens_of("ana")->front().id, "t2");
    EXPECT_TRUE(accounts().invitations()->empty());
}

TEST_F(AccountsTest, TellsTheAuditLogNewestFirstPageByPage) {
    for (int i = 1; i <= 5; ++i) {
        ASSERT_TRUE(accounts().add_audit({.at_unix_ms = i,
                                          .actor = "ana",
                                          .address = "::1",
                                          .action = "looked",
                                          .subject = std::to_string(i)}));
    }
    const auto newest = accounts().audit(0, 2);
    ASSERT_EQ(newest->size(), 2U);
    EXPECT_EQ(newest->front().subject, "5");
    EXPECT_EQ(newest->front().actor, "ana");
    EXPECT_EQ(newest->front().address, "::1");
    EXPECT_EQ(newest->front().action, "looked");
    EXPECT_EQ(newest->front().at_unix_ms, 5);
    const auto older = accounts().audit(newest->back().seq, 10);
    ASSERT_EQ(older->size(), 3U);
    EXPECT_EQ(older->front().subject, "3");
}

TEST_F(AccountsTest, IsReadByOthersAndByTheOwnerOfTheFolderAlone) {
    ASSERT_TRUE(accounts().add_user(user_of("ana")));
    auto reader = Accounts::open_reader(folder_.path());
    ASSERT_TRUE(reader) << reader.error().message;
    EXPECT_EQ(*reader->count_users(), 1U);
    EXPECT_FALSE(reader->add_user(user_of("bob"))) << "a reader wrote";
    struct stat info {};
    ASSERT_EQ(::stat((folder_ / "accounts.db").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0077U, 0U) << "others of the machine can read hashes";
}

TEST(AccountsFile, IsMissedInWordsWhereNoFrontWithAccountsHasRun) {
    const test::TempFolder folder;
    const auto reader = Accounts::open_reader(folder.path());
    ASSERT_FALSE(reader);
    EXPECT_EQ(reader.error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace nias::store
