// Python's tracebacks, as CPython prints them.
#include <algorithm>
#include <optional>

#include "worker/runtime/trace.hpp"

namespace nias::worker {
namespace {

constexpr std::string_view kFrame = "  File \"";
constexpr std::string_view kCause = "The above exception was the direct cause of the following exception:";
constexpr std::string_view kContext = "During handling of the above exception, another exception occurred:";
// A program that says more than this after a traceback did not end with it.
constexpr std::size_t kLinesAfter = 40;
constexpr std::size_t kLinesOfMessage = 4;

using Lines = std::vector<std::string>;

bool indented(const std::string& line) { return line.front() == ' '; }

/// A group of exceptions draws its tree in front of every line: `  | ValueError: no`. A line that is nothing
/// but tree, like `  +-+------- 1 -------`, becomes empty.
std::string without_tree(const std::string& line) {
    const std::size_t bar = line.find_first_not_of(' ');
    if (bar < 2 || bar == std::string::npos || (line[bar] != '|' && line[bar] != '+')) { return line; }
    if (line[bar] == '+' && line.find("---") != std::string::npos) { return {}; }
    return line.substr(std::min(bar + 2, line.size()));
}

/// Where the block of frames that ends before `end` has its last `  File "…", line N`.
std::optional<std::size_t> last_frame(const Lines& lines, std::size_t end) {
    for (std::size_t i = end; i > 0; --i) {
        if (lines[i - 1].starts_with(kFrame)) { return i - 1; }
    }
    return std::nullopt;
}

/// The exception's line: the first after the frame that is not indented.
std::optional<std::size_t> exception_after(const Lines& lines, std::size_t frame) {
    for (std::size_t i = frame + 1; i < lines.size(); ++i) {
        if (!indented(lines[i])) { return i; }
    }
    return std::nullopt;
}

/// `code.py, line 3` of the innermost frame that is a file of the job, else of the innermost one.
std::string place_of(const Lines& lines, std::size_t frame, const std::string& job) {
    const auto words_of = [&](const std::string& line) {
        const std::size_t quote = line.find('"', kFrame.size());
        if (quote == std::string::npos) { return std::string(); }
        std::string file = line.substr(kFrame.size(), quote - kFrame.size());
        const std::size_t number = line.find("line ", quote);
        if (file.starts_with(job + "/")) { file.erase(0, job.size() + 1); }
        if (number == std::string::npos) { return file; }
        const std::size_t digits = line.find_first_not_of("0123456789", number + 5);
        return file + ", " + line.substr(number, digits == std::string::npos ? digits : digits - number);
    };
    for (std::size_t i = frame + 1; i > 0 && indented(lines[i - 1]); --i) {
        if (lines[i - 1].starts_with(std::string(kFrame) + job + "/")) { return words_of(lines[i - 1]); }
    }
    return words_of(lines[frame]);
}

/// An exception that another one came from.
struct Cause {
    std::string_view words;  ///< between the two
    std::string error;
    std::string place;
};

/// The exception that this one was raised from, or while handling.
std::optional<Cause> cause_before(const Lines& lines, std::size_t frame, const std::string& job) {
    std::size_t i = frame;
    while (i > 0 && (indented(lines[i - 1]) || lines[i - 1].starts_with("Traceback "))) { --i; }
    if (i == 0 || (lines[i - 1] != kCause && lines[i - 1] != kContext)) { return {}; }
    const std::string_view words = lines[i - 1] == kCause ? "; caused by " : "; while handling ";
    const auto before = last_frame(lines, i - 1);
    const auto exception = before ? exception_after(lines, *before) : std::nullopt;
    if (!exception || *exception >= i - 1) { return {}; }
    return Cause{words, lines[*exception], place_of(lines, *before, job)};
}

/// The error of another Python that the program had started and that said so before it: `CalledProcessError`
/// itself only counts it.
std::string error_of_started(const Lines& lines, std::size_t frame, const std::string& job) {
    std::size_t i = frame;
    while (i > 0 && (indented(lines[i - 1]) || lines[i - 1].starts_with("Traceback "))) { --i; }
    const auto before = last_frame(lines, i);
    const auto exception = before ? exception_after(lines, *before) : std::nullopt;
    if (!exception || *exception >= i || i - *exception > kLinesOfMessage) { return {}; }
    return "; that said: " + lines[*exception] + " (" + place_of(lines, *before, job) + ")";
}

/// Whether the line of the program that Python complains of is one of a notebook's own, like `%matplotlib` or
/// `!pip`.
bool is_notebook_line(const Lines& lines, std::size_t frame) {
    if (frame + 1 >= lines.size()) { return false; }
    const std::string& line = lines[frame + 1];
    const std::size_t first = line.find_first_not_of(' ');
    return first != std::string::npos && indented(line) && (line[first] == '%' || line[first] == '!');
}

/// A sentence for errors whose own words do not say what to do in a job.
std::string advice_on(const Lines& lines, std::size_t frame, const std::string& error) {
    if (error.starts_with("EOFError: EOF when reading") || error == "EOFError" ||
        error.starts_with("bdb.BdbQuit")) {
        return ": nobody sits before a job to answer; read the value from a file or from a variable of [env] "
               "in "
               "nias.toml";
    }
    if (error.starts_with("FileNotFoundError: ") &&
        lines[frame].find("/subprocess.py\"") != std::string::npos) {
        return "; it is a program that is not there where the job runs: ask the administrator for it, or for "
               "an image that has it";
    }
    if (error.starts_with("SyntaxError: ") && is_notebook_line(lines, frame)) {
        return "; lines that begin with % or ! are a notebook's: remove them";
    }
    if (error.starts_with("NameError: name 'get_ipython' is not defined")) {
        return "; get_ipython is a notebook's: remove the lines that call it";
    }
    return {};
}

}  // namespace

std::string python_error(std::string_view said, const std::string& job) {
    Lines lines = said_lines(said);
    if (lines.empty()) { return {}; }
    const bool grouped = std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
        return line.find("+ Exception Group Traceback (most recent call last):") != std::string::npos;
    });
    if (grouped) {
        for (std::string& line : lines) { line = without_tree(line); }
        std::erase(lines, "");
    }
    const auto frame = last_frame(lines, lines.size());
    const auto exception = frame ? exception_after(lines, *frame) : std::nullopt;
    if (!exception || lines.size() - *exception > kLinesAfter) { return lines.back(); }
    std::string out = lines[*exception];
    const std::size_t end = std::min(lines.size(), *exception + kLinesOfMessage);
    for (std::size_t i = *exception + 1; i < end; ++i) {
        out += " " + lines[i].substr(std::min(lines[i].find_first_not_of(' '), lines[i].size()));
    }
    if (end < lines.size()) { out += " … " + lines.back(); }
    const auto cause = cause_before(lines, *frame, job);
    // An error of another process is raised once more in this one: it arose there.
    const bool raised_again = cause && cause->error == lines[*exception];
    const std::string place = raised_again ? cause->place : place_of(lines, *frame, job);
    if (!place.empty()) { out += " (" + place + ")"; }
    if (cause && !raised_again) {
        out += std::string(cause->words) + cause->error;
        if (!cause->place.empty() && cause->place != place) { out += " (" + cause->place + ")"; }
    }
    if (lines[*exception].starts_with("subprocess.CalledProcessError: ")) {
        out += error_of_started(lines, *frame, job);
    }
    return out + advice_on(lines, *frame, lines[*exception]);
}

}  // namespace nias::worker
