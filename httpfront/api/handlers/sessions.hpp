/// Signing in and out, and what an account has for itself: password, sessions, tokens. Called by routes.
#pragma once

#include "api/routes.hpp"

namespace nias::httpfront::handlers {

/// How the server is used, and who asks: the first question of a page. Never refused.
[[nodiscard]] Answer get_session(Front& front, const Call& call);
[[nodiscard]] Answer sign_in(Front& front, const Call& call);
[[nodiscard]] Answer sign_out(Front& front, const Call& call);
[[nodiscard]] Answer change_password(Front& front, const Call& call);
[[nodiscard]] Answer list_sessions(Front& front, const Call& call);
[[nodiscard]] Answer end_session(Front& front, const Call& call);
[[nodiscard]] Answer list_tokens(Front& front, const Call& call);
[[nodiscard]] Answer make_token(Front& front, const Call& call);
[[nodiscard]] Answer revoke_token(Front& front, const Call& call);

/// 409 where the server has no accounts.
[[nodiscard]] std::optional<Problem> check_accounts(const Front& front);
/// The answer to somebody who has just signed in: who they are, and the cookie.
[[nodiscard]] Answer signed_in_answer(const Directory::SignedIn& signed_in, const Visitor& visitor,
                                      int status);

}  // namespace nias::httpfront::handlers
