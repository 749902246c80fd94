/// requirements.txt, judged before anything is installed. Used by bundle; pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nias/result.hpp>

namespace nias::job {

/// Two files that ask for the same give the same value, whatever their order, comments and blanks.
struct Requirements {
    std::vector<std::string> packages;  ///< lines for pip, sorted, each once
    std::vector<std::string> wheels;    ///< wheels in the bundle, paths below the program's folder, sorted
    std::vector<std::string> mended;    ///< sentences: lines that were left out because they change nothing

    [[nodiscard]] bool empty() const { return packages.empty() && wheels.empty(); }
};

inline constexpr std::size_t kRequirementsBytesMax = 256U << 10U;
inline constexpr std::size_t kRequirementsMax = 1000;

/// Names of packages and their versions (PEP 508), and wheels of the bundle. `invalid`, with the line and a
/// cure, for what would reach outside the lab's index or cannot be installed: options, addresses, paths,
/// modules that come with Python, names that are not the package's, versions that exclude each other.
/// `text` is UTF-8 without a byte-order mark.
[[nodiscard]] Result<Requirements> parse_requirements(std::string_view text);

/// The package that brings a module of Python: "scikit-learn" for "sklearn"; the module's own name where no
/// other is known.
[[nodiscard]] std::string package_of_module(std::string_view module);

}  // namespace nias::job
