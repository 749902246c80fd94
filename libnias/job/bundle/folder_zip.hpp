/// Zips a researcher's own folder for `nias submit FOLDER`. Trusts the folder and what its links lead to.
/// Functions without state; any thread.
#pragma once

#include <string>
#include <vector>

#include <nias/result.hpp>

#include "job/limits.hpp"

namespace nias::job {

/// Writes `folder` with its own name as the top folder to `zip_path`, links as the files and folders that
/// they lead to, and empty folders as such. Hidden files and the contents of output/ are left out. Returns in
/// sentences what the researcher should know of that.
/// `invalid`, with the name: what a job cannot be given (a link that leads nowhere or round in a circle, a
/// pipe, a device), what cannot be read, and what passes `limits`. Then nothing is to be sent: a job whose
/// data is missing fails late, and elsewhere.
[[nodiscard]] Result<std::vector<std::string>> zip_folder(const std::string& folder,
                                                          const std::string& zip_path,
                                                          const BundleLimits& limits = {});

}  // namespace nias::job
