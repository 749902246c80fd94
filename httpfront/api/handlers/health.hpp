/// Liveness, readiness, and the API's own description. Called by routes.
#pragma once

#include "api/routes.hpp"

namespace nias::httpfront::handlers {

[[nodiscard]] Answer get_health(Front& front, const Call& call);
/// 200 only where the ventilator and the sink take connections, their stores are readable and there is room.
[[nodiscard]] Answer get_readiness(Front& front, const Call& call);
/// Requests and the state of the lab, for a Prometheus server.
[[nodiscard]] Answer get_metrics(Front& front, const Call& call);
[[nodiscard]] Answer get_openapi(Front& front, const Call& call);
[[nodiscard]] Answer get_openapi_json(Front& front, const Call& call);

}  // namespace nias::httpfront::handlers
