/// Zips a researcher's own folder for `nias submit DIR`. Trusts the folder; skips links and says so.
#pragma once

#include <string>
#include <vector>

#include <nias/result.hpp>

namespace nias::job {

/// Writes `folder` with its own name as the top folder to `zip_path`. Returns what was skipped, in sentences.
/// Hidden files and the contents of output/ are left out.
[[nodiscard]] Result<std::vector<std::string>> zip_folder(const std::string& folder,
                                                          const std::string& zip_path);

}  // namespace nias::job
