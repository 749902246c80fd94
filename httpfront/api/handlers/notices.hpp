/// How one is told that jobs have ended: webhook and mail. Called by routes.
#pragma once

#include "api/routes.hpp"

namespace nias::httpfront::handlers {

[[nodiscard]] Answer get_notices(Front& front, const Call& call);
/// Sets both; what is left out is turned off. The secret of a webhook is told when its URL is another than
/// before.
[[nodiscard]] Answer set_notices(Front& front, const Call& call);
/// Takes the code that was mailed to an address: from then on the address is told of ends.
[[nodiscard]] Answer confirm_notices(Front& front, const Call& call);

}  // namespace nias::httpfront::handlers
