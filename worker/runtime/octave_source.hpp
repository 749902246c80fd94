/// Finds the functions in a source of Octave or MATLAB. Used by octave and matlab. Pure but for
/// write_functions().
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nias/result.hpp>

namespace nias::worker {

struct OctaveFunction {
    std::string name;
    std::string text;            ///< from its line to the line of its end
    std::size_t first_line = 0;  ///< lines of the source before it
    std::size_t begin = 0;       ///< where the word `function` stands in the source
    bool first = false;          ///< nothing but comments stands before it
};

/// The functions on the outermost level, in order. A function ends with its `end`, and where the file closes
/// none of them, before the next one. Comments, strings, transposes and the `end` of an index are told apart.
/// Where the source cannot be followed, as one with an error in it, what is found may be wrong.
[[nodiscard]] std::vector<OctaveFunction> octave_functions(std::string_view source);

/// True where code stands outside all functions: then the file is a script.
[[nodiscard]] bool has_script_code(std::string_view source);

/// Writes each function of the source into a file of its own in `folder`, on the same lines.
[[nodiscard]] Status write_functions(const std::string& source, const std::string& folder);

}  // namespace nias::worker
