// MATLAB's errors under -batch, and the words of its licence manager.
#include <algorithm>
#include <array>

#include "worker/runtime/trace.hpp"

namespace nias::worker {
namespace {

using Lines = std::vector<std::string>;
constexpr std::size_t kLinesOfMessage = 3;

/// Older releases print an error between braces.
std::string plain(std::string line) {
    while (!line.empty() && (line.front() == ' ' || line.front() == '{')) { line.erase(0, 1); }
    while (!line.empty() && (line.back() == ' ' || line.back() == '}')) { line.pop_back(); }
    return line;
}

/// `(code, line 3)` of «Error in code (line 3)» or «Error using code (line 3)».
std::string place_in(const std::string& line) {
    const std::size_t open = line.find(" (line ");
    if (open == std::string::npos) { return {}; }
    const std::size_t name = line.rfind(' ', open - 1) + 1;
    const std::size_t close = line.find(')', open);
    return " (" + line.substr(name, open - name) + ", " + line.substr(open + 2, close - open - 2) + ")";
}

bool is_place(const std::string& line) {
    return line.starts_with("Error in ") || line.starts_with("Error using ");
}

/// `Error: File: code.m Line: 2 Column: 5`, and the sentence below it.
std::string syntax_error(const Lines& lines, std::size_t at) {
    std::string file = lines[at].substr(std::string_view("Error: File: ").size());
    std::string line;
    if (const std::size_t number = file.find(" Line: "); number != std::string::npos) {
        line = ", line " + file.substr(number + 7, file.find(' ', number + 7) - number - 7);
        file.resize(number);
    }
    const std::string words = at + 1 < lines.size() ? plain(lines[at + 1]) : "the program cannot be read";
    return words + " (" + file.substr(file.rfind('/') + 1) + line + ")";
}

/// The sentence below «Error using f (line 3)», up to the next place.
std::string message_after(const Lines& lines, std::size_t at) {
    std::string out;
    for (std::size_t i = at; i < std::min(lines.size(), at + kLinesOfMessage) && !is_place(lines[i]); ++i) {
        out += (out.empty() ? "" : " ") + plain(lines[i]);
    }
    return out;
}

}  // namespace

std::string matlab_error(std::string_view said, const std::string& job) {
    Lines lines = said_lines(said);
    for (std::string& line : lines) {
        line = plain(std::move(line));
        if (const std::size_t folder = line.find(job + "/"); folder != std::string::npos) {
            line.erase(folder, job.size() + 1);
        }
    }
    std::erase(lines, "");
    if (lines.empty()) { return {}; }
    for (std::size_t i = lines.size(); i > 0; --i) {
        if (lines[i - 1].starts_with("Error: File: ")) { return syntax_error(lines, i - 1); }
    }
    // The first place of the last error: those of its callers follow.
    std::size_t last = lines.size();
    while (last > 0 && !is_place(lines[last - 1])) { --last; }
    if (last == 0) { return lines.back(); }
    std::size_t first = last - 1;
    for (std::size_t i = first; i > 0 && first - i <= 2 * kLinesOfMessage; --i) {
        if (is_place(lines[i - 1])) { first = i - 1; }
    }
    if (lines[first].starts_with("Error using ")) {
        std::string place = place_in(lines[first]);
        for (std::size_t i = first + 1; place.empty() && i < lines.size(); ++i) {
            if (lines[i].starts_with("Error in ")) { place = place_in(lines[i]); }
        }
        return message_after(lines, first + 1) + place;
    }
    return (first > 0 ? lines[first - 1] : lines[first]) + place_in(lines[first]);
}

std::string licence_failure(std::string_view said) {
    constexpr std::array<std::string_view, 4> kSigns{"License checkout failed", "License Manager Error",
                                                     "Licensing error", "MathWorks Licensing Error"};
    const Lines lines = said_lines(said);
    const auto is_sign = [&](const std::string& line) {
        return std::any_of(kSigns.begin(), kSigns.end(),
                           [&](std::string_view sign) { return line.find(sign) != std::string::npos; });
    };
    const auto first = std::find_if(lines.begin(), lines.end(), is_sign);
    if (first == lines.end()) { return {}; }
    std::string out;
    for (auto line = first; line != lines.end() && line < first + kLinesOfMessage; ++line) {
        out += (out.empty() ? "" : " ") + plain(*line);
    }
    return out;
}

}  // namespace nias::worker
