/// How much waits and runs. Called by routes.
#pragma once

#include "api/routes.hpp"

namespace nias::httpfront::handlers {

[[nodiscard]] Answer get_queue(Front& front, const Call& call);

}  // namespace nias::httpfront::handlers
