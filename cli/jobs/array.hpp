/// Words about arrays for a terminal. Used by the verbs that tell of jobs.
#pragma once

#include <string>

#include "cli/jobs/jobs.hpp"

namespace nias::cli {

/// «38 succeeded, 2 failed, 60 queued».
[[nodiscard]] std::string counts_in_words(const store::GroupCounts& counts);

/// Prints what is known of an array, and the members that failed, as far as they fit a screen.
[[nodiscard]] Status tell_array(Jobs& jobs, const store::JobView& array);

}  // namespace nias::cli
