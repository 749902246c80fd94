/// The names that a job's program may have, and what runs each. Private to bundle.
#pragma once

#include <string>
#include <string_view>

namespace nias::job {

struct ProgramKind {
    std::string_view file;     ///< its name in a bundle without `entry`
    std::string_view ending;   ///< ending of a program that `entry` names
    std::string_view runtime;  ///< as workers announce it
};

inline constexpr ProgramKind kProgramKinds[] = {{"code.py", ".py", "python"}, {"code.m", ".m", "octave"}};

/// The kind of the program of this name by its ending, whatever its capitals; null: NIAS runs no such thing.
[[nodiscard]] const ProgramKind* kind_of_program(std::string_view name);

/// The last part of a path, also of a folder's that ends in `/`.
[[nodiscard]] std::string base_name(std::string_view path);

}  // namespace nias::job
