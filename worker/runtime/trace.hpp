/// Finds the error in what a program said last. Used by the runtimes and env. Pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nias::worker {

/// Lines of at most 1 KiB, without control characters and without the blank ones; `\r` ends a line too.
[[nodiscard]] std::vector<std::string> said_lines(std::string_view said);
/// The last line that is not blank; empty where nothing was said.
[[nodiscard]] std::string last_line(std::string_view said);

/// The exception that ended a Python program, with the place in the job's own files: the last of a chain, its
/// message of several lines in one, and what it was raised from. The last line where there is no traceback,
/// or where the program went on for long after it. `job` is the folder of the job as the program sees it.
[[nodiscard]] std::string python_error(std::string_view said, const std::string& job);

/// The error that ended an Octave program, with the line where it arose; a parse error with line and text.
/// `stand_ins`: functions of the worker's, which are not where an error arose.
[[nodiscard]] std::string octave_error(std::string_view said, const std::string& job,
                                       std::span<const std::string> stand_ins = {});

/// The error that ended a MATLAB program, with function and line; a syntax error with file and line.
[[nodiscard]] std::string matlab_error(std::string_view said, const std::string& job);
/// The words of MATLAB's licence manager, where it gave no licence; else empty.
[[nodiscard]] std::string licence_failure(std::string_view said);

/// The error that ended an R program, with the place that r_start.R tells; a parse error with its own.
[[nodiscard]] std::string r_error(std::string_view said, const std::string& job);

}  // namespace nias::worker
