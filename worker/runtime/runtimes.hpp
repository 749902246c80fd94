/// The runtimes of this machine: finds the interpreters at start, once, so that a job costs no look-up.
/// Used by main and run. A value.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "worker/runtime/runtime.hpp"

namespace nias::worker {

struct Runtimes {
    std::vector<std::shared_ptr<const Runtime>> found;
    std::vector<std::string> missing;  ///< sentences on what was asked for and is not there

    [[nodiscard]] std::vector<std::string> names() const;             ///< as announced
    [[nodiscard]] const Runtime* named(std::string_view name) const;  ///< null where there is none
    [[nodiscard]] const Runtime* that_takes_requirements() const;     ///< null where there is none
};

/// The first of `pythons` that answers, and Octave's command line (empty: sought in the system's folders).
[[nodiscard]] Runtimes find_runtimes(const std::vector<std::string>& pythons, const std::string& octave);

}  // namespace nias::worker
