/// Bytes and jobs that users keep on the server. Used by the route table, and by the handlers that begin an
/// upload.
#pragma once

#include <cstdint>
#include <optional>

#include "api/quota.hpp"
#include "api/routes.hpp"

namespace nias::httpfront::handlers {

[[nodiscard]] Answer get_usage(Front& front, const Call& call);
/// Why this user may not keep so much more.
[[nodiscard]] std::optional<Problem> check_quota_of(Front& front, const Call& call, const Wanted& wanted);

}  // namespace nias::httpfront::handlers
