/// Environments of Python that an administrator has named: lists of packages, a file each, `NAME.txt`. Used
/// by main, which announces them, and by the attempts. Stateless; any thread.
#pragma once

#include <string>
#include <vector>

#include <nias/result.hpp>

#include "job/requirements/requirements.hpp"

namespace nias::worker {

/// At most so many are offered: a worker announces 32 runtimes in all.
inline constexpr std::size_t kNamedEnvironmentsMax = 24;

/// Their names, sorted; none where there is no such folder.
[[nodiscard]] std::vector<std::string> named_environments(const std::string& folder);

/// The packages of one and those that a job adds, as lines for pip. Errors as those of
/// read_named_environment(); `invalid` also where the two disagree, with both lines.
[[nodiscard]] Result<std::vector<std::string>> packages_with(const std::string& folder,
                                                             const std::string& name,
                                                             const std::vector<std::string>& added);

/// The packages of one. `not_found`: there is none of this name. `invalid`: its file cannot be used.
[[nodiscard]] Result<job::Requirements> read_named_environment(const std::string& folder,
                                                               const std::string& name);

}  // namespace nias::worker
