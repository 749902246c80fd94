// Octave's errors, as octave-cli prints them.
#include <algorithm>

#include "worker/runtime/trace.hpp"

namespace nias::worker {
namespace {

using Lines = std::vector<std::string>;

bool is_error(const std::string& line) {
    return (line.starts_with("error: ") && !line.starts_with("error: called from")) ||
           line.starts_with("parse error");
}

std::string trimmed(const std::string& line) {
    return line.substr(std::min(line.find_first_not_of(' '), line.size()));
}

/// `error: parse error near line 2 of file code.m: syntax error at «x = (1;»`
std::string parse_error(const Lines& lines, std::size_t at, const std::string& job) {
    std::string out = lines[at];
    if (const std::size_t folder = out.find(job + "/"); folder != std::string::npos) {
        out.erase(folder, job.size() + 1);
    }
    for (std::size_t i = at + 1; i < lines.size(); ++i) {
        if (lines[i].starts_with(">>> ")) { return out + ": at «" + trimmed(lines[i].substr(4)) + "»"; }
        if (i == at + 1) { out += ": " + trimmed(lines[i]); }
    }
    return out;
}

/// Which of the lines below «error: called from» is the program's own: a stand-in of octave_start.m stands
/// above the line that called it, and below the function that raises its error.
std::size_t own_frame(const Lines& lines, std::size_t first) {
    const bool raised_for_stand_in =
        first + 2 < lines.size() && trimmed(lines[first]).starts_with("nias_nobody_answers ");
    return raised_for_stand_in ? first + 2 : first;
}

/// `(f, line 2)` of a line below «error: called from».
std::string place_in(const std::string& line) {
    const std::size_t at = line.rfind(" at line ");
    if (at == std::string::npos) { return {}; }
    const std::size_t column = line.find(" column ", at);
    const std::string name = trimmed(line.substr(0, at));
    return " (" + name + ", " + line.substr(at + 4, column == std::string::npos ? column : column - at - 4) +
           ")";
}

std::string advice_on(const std::string& error) {
    const bool names_a_file =
        error.find("file") != std::string::npos || error.find("open") != std::string::npos;
    if (names_a_file && error.find('\\') != std::string::npos) {
        return "; folders are separated by / here, not by \\: fullfile() and / work everywhere";
    }
    if (error.find("epstool") != std::string::npos || error.find("pstoedit") != std::string::npos) {
        return "; ask the administrator to install it on the worker (scripts/install-deps does)";
    }
    return {};
}

}  // namespace

std::string octave_error(std::string_view said, const std::string& job) {
    const Lines lines = said_lines(said);
    if (lines.empty()) { return {}; }
    const auto found = std::find_if(lines.rbegin(), lines.rend(), is_error);
    if (found == lines.rend()) { return lines.back(); }
    const auto at = static_cast<std::size_t>(lines.rend() - found) - 1;
    if (lines[at].find("parse error") != std::string::npos) { return parse_error(lines, at, job); }
    std::string out = lines[at];
    for (std::size_t i = at + 1; i < lines.size(); ++i) {
        if (lines[i].starts_with("error: called from") && i + 1 < lines.size()) {
            out += place_in(lines[own_frame(lines, i + 1)]);
            break;
        }
        if (i < at + 4) { out += " " + trimmed(lines[i]); }
    }
    return out + advice_on(lines[at]);
}

}  // namespace nias::worker
