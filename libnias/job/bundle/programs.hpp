/// The names that a job's program may have, and what runs each. Private to bundle.
#pragma once

#include <string>
#include <string_view>

namespace nias::job {

struct ProgramKind {
    std::string_view file;     ///< its name in a bundle without `entry`
    std::string_view ending;   ///< ending of a program that `entry` names
    std::string_view runtime;  ///< as workers announce it; `a|b`: the first of them that the lab offers
};

inline constexpr ProgramKind kProgramKinds[] = {{"code.py", ".py", "python"},
                                                {"code.m", ".m", "matlab|octave"},
                                                {"code.R", ".r", "r"},
                                                {"code.r", ".r", "r"}};

/// The programs that a bundle may hold, in the words of refusals.
inline constexpr auto kProgramsInWords = "code.py (Python), code.m (MATLAB or Octave) or code.R (R)";

/// The kind of the program of this name by its ending, whatever its capitals; null: NIAS runs no such thing.
[[nodiscard]] const ProgramKind* kind_of_program(std::string_view name);

/// The last part of a path, also of a folder's that ends in `/`.
[[nodiscard]] std::string base_name(std::string_view path);

}  // namespace nias::job
