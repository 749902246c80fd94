/// What this machine can run: finds the interpreters at start, once, so that a job costs no look-up.
/// Used by main, job_runner and python_env. Values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nias/result.hpp>

namespace nias::worker {

struct Interpreter {
    std::string path;
    std::string version;
    std::string prefix;  ///< of a Python that lives outside /usr: mounted too
    bool has_pip = false;
};

struct Runtimes {
    std::optional<Interpreter> python;
    std::optional<Interpreter> octave;
    std::vector<std::string> missing;  ///< sentences on what was asked for and is not there

    [[nodiscard]] std::vector<std::string> names() const;  ///< as announced
};

/// The first of `pythons` that answers, and Octave's command line (empty: sought in the system's folders).
[[nodiscard]] Runtimes find_runtimes(const std::vector<std::string>& pythons, const std::string& octave);

}  // namespace nias::worker
