/// Puts the outputs of an ended job into a folder. Used by get and submit.
#pragma once

#include "cli/lab.hpp"

namespace nias::cli {

/// Makes `folder`; files of the same names are replaced. `conflict`: the job has not ended. `not_found`: no
/// outputs.
[[nodiscard]] Status fetch_outputs(Lab& lab, const store::TaskRecord& record, const std::string& folder);

}  // namespace nias::cli
