/// Requests that make jobs: a bundle that is sent, one that runs again, and the verdict on one.
#pragma once

#include "api/routes.hpp"

namespace nias::httpfront::handlers {

[[nodiscard]] Answer create_job(Front& front, const Call& call);
[[nodiscard]] Answer validate_job(Front& front, const Call& call);
/// The same bundle as a job of its own, with other limits where the body names them: an array whole or only
/// its failed members, and of a trial what it tries.
[[nodiscard]] Answer rerun_job(Front& front, const Call& call);

}  // namespace nias::httpfront::handlers
