/// Accounts, sessions, tokens and invitations as the API shows them; never a hash. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "accounts/identity.hpp"

namespace nias::httpfront {

/// {accounts, empty, owner, user}: `user` is null where nobody has signed in, `owner` where there are
/// accounts.
[[nodiscard]] std::string session_json(bool accounts, bool empty, const std::string& owner,
                                       const std::optional<Identity>& user);
[[nodiscard]] std::string user_json(const store::UserRecord& user);
[[nodiscard]] std::string users_json(const std::vector<store::UserRecord>& users);
/// `current`: the id of the session that asks.
[[nodiscard]] std::string sessions_json(const std::vector<store::SessionRecord>& sessions,
                                        const std::string& current);
[[nodiscard]] std::string tokens_json(const std::vector<store::TokenRecord>& tokens);
/// With the token itself, which is shown this once.
[[nodiscard]] std::string made_token_json(const store::TokenRecord& token, const std::string& secret);
[[nodiscard]] std::string invitations_json(const std::vector<store::InvitationRecord>& invitations);
/// With the path of its link, which is shown this once.
[[nodiscard]] std::string made_invitation_json(const store::InvitationRecord& invitation,
                                               const std::string& secret);
/// The part of an invitation that whoever holds its link may know: {kind, role, user}.
[[nodiscard]] std::string offer_json(const store::InvitationRecord& invitation);

[[nodiscard]] std::string_view role_name(store::Role role);
[[nodiscard]] std::optional<store::Role> role_of(std::string_view name);
/// The bit of read, submit or admin; 0 for no scope that a token may have.
[[nodiscard]] std::uint32_t scope_bit(std::string_view name);

}  // namespace nias::httpfront
