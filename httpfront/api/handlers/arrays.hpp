/// Requests about the members of an array.
#pragma once

#include "api/routes.hpp"

namespace nias::httpfront::handlers {

/// A page of members, by their indices.
[[nodiscard]] Answer list_members(Front& front, const Call& call);
/// All members in short: their indices, and a letter for the state of each.
[[nodiscard]] Answer get_states(Front& front, const Call& call);

}  // namespace nias::httpfront::handlers
