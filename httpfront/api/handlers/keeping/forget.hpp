/// Deleting jobs, and having them back. Used by the route table.
#pragma once

#include "api/routes.hpp"

namespace nias::httpfront::handlers {

[[nodiscard]] Answer delete_job(Front& front, const Call& call);
[[nodiscard]] Answer restore_job(Front& front, const Call& call);
[[nodiscard]] Answer delete_jobs(Front& front, const Call& call);
[[nodiscard]] Answer restore_jobs(Front& front, const Call& call);

}  // namespace nias::httpfront::handlers
