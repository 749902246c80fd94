/// The event stream. Called by routes.
#pragma once

#include "api/routes.hpp"

namespace nias::httpfront::handlers {

[[nodiscard]] Answer stream_events(Front& front, const Call& call);

}  // namespace nias::httpfront::handlers
