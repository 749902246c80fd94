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
    [[nodiscard]] std::vector<std::string> notices() const;           ///< all of them, for people
    [[nodiscard]] const Runtime* named(std::string_view name) const;  ///< null where there is none
    /// The first of `matlab|octave` that is here; null where none is.
    [[nodiscard]] std::shared_ptr<const Runtime> first_of(std::string_view choice) const;
    [[nodiscard]] const Runtime* that_takes_requirements() const;  ///< null where there is none
};

/// Where the interpreters are to be found: paths, empty for those that are sought, `none` for those that are
/// not to be used.
struct RuntimePaths {
    std::vector<std::string> pythons{};  ///< the first that answers is used
    std::string octave{};
    std::string matlab{};
    std::string matlab_licence{};  ///< where MATLAB finds its licences
    std::string r{};
};

[[nodiscard]] Runtimes find_runtimes(const RuntimePaths& paths);

}  // namespace nias::worker
