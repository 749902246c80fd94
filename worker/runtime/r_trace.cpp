// R's errors, as Rscript prints them, and the line before them in which r_start.R tells the place.
#include <algorithm>

#include "worker/runtime/trace.hpp"

namespace nias::worker {
namespace {

using Lines = std::vector<std::string>;
constexpr std::string_view kPlace = "[nias] error at ";
constexpr std::size_t kLinesOfMessage = 4;

bool begins_error(const std::string& line) {
    return line.starts_with("Error in ") || line.starts_with("Error: ") || line.starts_with("Error : ");
}

bool ends_message(const std::string& line) {
    return line.starts_with("Calls: ") || line.starts_with("Execution halted") ||
           line.starts_with("In addition: ") || line.starts_with("Warning message");
}

std::string trimmed(const std::string& line) {
    return line.substr(std::min(line.find_first_not_of(' '), line.size()));
}

/// A parse error names its place by itself: `Error in parse(program, …) : /job/code.R:2:5: unexpected ')'`.
std::string without_parse(std::string text, const std::string& job) {
    if (const std::size_t folder = text.find(job + "/"); folder != std::string::npos) {
        text.erase(folder, job.size() + 1);
    }
    if (const std::size_t colon = text.find(" : ");
        text.starts_with("Error in parse(") && colon != std::string::npos) {
        text = "Error: " + trimmed(text.substr(colon + 3));
    }
    return text;
}

/// Leaves out the calls of r_start.R, which stand where a top-level expression of the program failed.
std::string without_start(std::string text) {
    constexpr std::string_view kOwn = "Error in eval(expressions[[i]], globalenv()) : ";
    return text.starts_with(kOwn) ? "Error: " + trimmed(text.substr(kOwn.size())) : text;
}

/// `cannot open the connection` says nothing of the file; the warning before it does.
void name_the_file(std::string& error, const Lines& lines, std::size_t at) {
    constexpr std::string_view kSilent = "cannot open the connection";
    constexpr std::string_view kNamed = "cannot open file '";
    const std::size_t silent = error.find(kSilent);
    if (silent == std::string::npos) { return; }
    for (std::size_t i = at; i > 0 && i + kLinesOfMessage > at; --i) {
        if (const std::size_t named = lines[i - 1].find(kNamed); named != std::string::npos) {
            error.replace(silent, kSilent.size(), lines[i - 1].substr(named));
            return;
        }
    }
}

}  // namespace

std::string r_error(std::string_view said, const std::string& job) {
    const Lines lines = said_lines(said);
    if (lines.empty()) { return {}; }
    const auto found = std::find_if(lines.rbegin(), lines.rend(), begins_error);
    if (found == lines.rend()) {
        const auto last = std::find_if(lines.rbegin(), lines.rend(), [](const std::string& line) {
            return !ends_message(line) && !line.starts_with("Warning in ");
        });
        return last == lines.rend() ? std::string() : *last;
    }
    const auto at = static_cast<std::size_t>(lines.rend() - found) - 1;
    std::string out = lines[at];
    for (std::size_t i = at + 1; i < std::min(lines.size(), at + kLinesOfMessage) && !ends_message(lines[i]);
         ++i) {
        out += " " + trimmed(lines[i]);
    }
    out = without_start(without_parse(std::move(out), job));
    name_the_file(out, lines, at);
    const auto place =
        std::find_if(found, lines.rend(), [](const std::string& line) { return line.starts_with(kPlace); });
    if (place != lines.rend()) { out += " (" + place->substr(kPlace.size()) + ")"; }
    if (out.find("there is no package called") != std::string::npos ||
        out.find("unable to install packages") != std::string::npos) {
        out += "; ask the administrator for it, or for an image that has it";
    }
    return out;
}

}  // namespace nias::worker
