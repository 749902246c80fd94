/// Octave's packages that a program written for MATLAB takes for granted: there a toolbox needs no `pkg
/// load`. Used by octave. Pure but for read_octave_packages().
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace nias::worker {

struct OctavePackage {
    std::string name;
    std::set<std::string> functions;
};

/// The packages that Octave lists, a line `name folder` each. The names of their functions are read from the
/// folders below `root`, which is empty for this machine's own.
[[nodiscard]] std::vector<OctavePackage> read_octave_packages(std::string_view listed,
                                                              const std::string& root);

/// A package that a program uses, and the first function of it that the program calls.
struct UsedPackage {
    std::string name, function;
    bool operator==(const UsedPackage&) const = default;
};

/// The packages that the sources use and do not load. `own` are names that the job defines itself. Comments
/// and texts in quotes are passed over; a word that is given a value is a variable.
[[nodiscard]] std::vector<UsedPackage> used_packages(const std::vector<std::string>& sources,
                                                     const std::set<std::string>& own,
                                                     const std::vector<OctavePackage>& packages);

}  // namespace nias::worker
