/// Invitations, and what administrators do with accounts. Called by routes.
#pragma once

#include "api/routes.hpp"

namespace nias::httpfront::handlers {

/// Tells what a link is for; its secret comes in the body, so that no log has it.
[[nodiscard]] Answer look_at_invitation(Front& front, const Call& call);
[[nodiscard]] Answer accept_invitation(Front& front, const Call& call);
[[nodiscard]] Answer list_invitations(Front& front, const Call& call);
[[nodiscard]] Answer invite(Front& front, const Call& call);
[[nodiscard]] Answer withdraw_invitation(Front& front, const Call& call);
[[nodiscard]] Answer list_users(Front& front, const Call& call);
[[nodiscard]] Answer change_user(Front& front, const Call& call);
[[nodiscard]] Answer offer_password(Front& front, const Call& call);

}  // namespace nias::httpfront::handlers
