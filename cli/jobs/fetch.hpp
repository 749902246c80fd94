/// Fetches the outputs of a job. Used by get and submit. A function without state; one thread.
#pragma once

#include <string>

#include "cli/jobs/jobs.hpp"

namespace nias::cli {

/// `conflict` while a single job has not ended, `not_found` where it left none.
[[nodiscard]] Status fetch_outputs(Jobs& jobs, const store::JobView& job, const std::string& folder);

}  // namespace nias::cli
