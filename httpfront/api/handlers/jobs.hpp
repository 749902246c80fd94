/// Jobs: send, check, list, look at, cancel. Called by routes.
#pragma once

#include "api/routes.hpp"

namespace nias::httpfront::handlers {

[[nodiscard]] Answer create_job(Front& front, const Call& call);
[[nodiscard]] Answer validate_job(Front& front, const Call& call);
[[nodiscard]] Answer list_jobs(Front& front, const Call& call);
[[nodiscard]] Answer get_job(Front& front, const Call& call);
[[nodiscard]] Answer cancel_job(Front& front, const Call& call);

/// The job that the first capture names, as it stands; 404 for none.
[[nodiscard]] std::variant<store::TaskRecord, Problem> find_job(Front& front, const Call& call);

}  // namespace nias::httpfront::handlers
