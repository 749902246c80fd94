/// How much waits and runs, how it was, and who waits. Called by routes.
#pragma once

#include "api/routes.hpp"

namespace nias::httpfront::handlers {

[[nodiscard]] Answer get_queue(Front& front, const Call& call);
[[nodiscard]] Answer get_queue_history(Front& front, const Call& call);
[[nodiscard]] Answer get_waiting(Front& front, const Call& call);

}  // namespace nias::httpfront::handlers
