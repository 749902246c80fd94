// Octave's errors, as octave-cli prints them.
#include <algorithm>
#include <array>

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

/// Functions of Octave's own that read or write a file for a program: their errors arise where they are
/// called.
constexpr std::array<std::string_view, 18> kOctavesOwn{
    "audioread", "audiowrite",     "csvread",    "csvwrite",  "dlmwrite",      "fileread",
    "imread",    "imwrite",        "importdata", "print",     "print_usage",   "saveas",
    "textread",  "validatestring", "xlsread",    "inputname", "load_packages", "pkg"};

/// Which of the lines below «error: called from» is the program's own: above the line that called it stand
/// the stand-ins of octave_start.m and functions of Octave.
std::size_t own_frame(const Lines& lines, std::size_t first, std::span<const std::string> stand_ins) {
    for (std::size_t i = first; i < lines.size(); ++i) {
        const std::string frame = trimmed(lines[i]);
        const std::string name = frame.substr(0, frame.find_first_of(" >"));
        const bool foreign = std::find(stand_ins.begin(), stand_ins.end(), name) != stand_ins.end() ||
                             std::find(kOctavesOwn.begin(), kOctavesOwn.end(), name) != kOctavesOwn.end();
        if (!foreign) { return frame.find(" at line ") == std::string::npos ? first : i; }
    }
    return first;
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

/// The lines with which Octave ends what it says of a function that it has not.
bool is_on_octaves_pages(const std::string& line) {
    return line.starts_with("Please read <https://www.octave.org/missing") ||
           line.starts_with("contribute missing functionality");
}

std::string advice_on(const std::string& error) {
    const bool names_a_file =
        error.find("file") != std::string::npos || error.find("open") != std::string::npos;
    if (names_a_file && error.find('\\') != std::string::npos) {
        return "; folders are separated by / here, not by \\: fullfile() and / work everywhere";
    }
    if (error.starts_with("error: package ") && error.find("is not installed") != std::string::npos) {
        return "; ask the administrator for it, or for an image that has it";
    }
    if (error.find("epstool") != std::string::npos || error.find("pstoedit") != std::string::npos) {
        return "; ask the administrator to install it on the worker (scripts/install-deps does)";
    }
    return {};
}

}  // namespace

std::string octave_error(std::string_view said, const std::string& job,
                         std::span<const std::string> stand_ins) {
    const Lines lines = said_lines(said);
    if (lines.empty()) { return {}; }
    const auto found = std::find_if(lines.rbegin(), lines.rend(), is_error);
    if (found == lines.rend()) { return lines.back(); }
    const auto at = static_cast<std::size_t>(lines.rend() - found) - 1;
    if (lines[at].find("parse error") != std::string::npos) { return parse_error(lines, at, job); }
    std::string out = lines[at];
    for (std::size_t i = at + 1; i < lines.size(); ++i) {
        if (lines[i].starts_with("error: called from") && i + 1 < lines.size()) {
            out += place_in(lines[own_frame(lines, i + 1, stand_ins)]);
            break;
        }
        if (i < at + 4 && !is_on_octaves_pages(lines[i])) { out += " " + trimmed(lines[i]); }
    }
    if (out.find("is not yet implemented in Octave") != std::string::npos) {
        out +=
            "; MATLAB has it: name runtime = \"matlab\" in nias.toml where the lab has one, or do without it";
    }
    return out + advice_on(lines[at]);
}

}  // namespace nias::worker
