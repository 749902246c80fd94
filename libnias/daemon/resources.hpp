/// `--resource name=count`: what the lab has of a counted resource. Used by nias-ventilator and `nias up`.
#pragma once

#include <string>
#include <vector>

#include <nias/task.hpp>

namespace nias::daemon {

/// «matlab_seats=2», each name once. `invalid`: a sentence that names the word that is not understood.
[[nodiscard]] Result<std::vector<CountedResource>> parse_resources(const std::vector<std::string>& words);

}  // namespace nias::daemon
