#include "worker/runtime/octave_source.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>

namespace nias::worker {
namespace {

constexpr std::array<std::string_view, 9> kOpeners{"if",     "for", "while", "switch",        "try",
                                                   "parfor", "do",  "spmd",  "unwind_protect"};
constexpr std::array<std::string_view, 12> kClosers{
    "end",   "endif",     "endfor",  "endwhile",      "endswitch",          "endfunction",
    "until", "endparfor", "endspmd", "end_try_catch", "end_unwind_protect", "endclassdef"};

template <typename Words>
bool is_one_of(const Words& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_letter(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// A place where a function begins or ends, and the state there.
struct Mark {
    std::size_t begin = 0;  ///< place of the word `function`
    std::size_t end = 0;    ///< after the line of its end; 0: it is not closed
};

/// Walks over a source once. Only words outside brackets, strings and comments count.
class Scanner {
public:
    /// `closed`: every function has its end, so that one inside another is nested in it.
    Scanner(std::string_view source, bool closed) : source_(source), closed_(closed) { scan(); }
    [[nodiscard]] bool ends_inside() const { return !blocks_.empty(); }

    std::vector<Mark> marks;    ///< functions on the outermost level
    bool code_outside = false;  ///< a character of code stands outside all functions
    bool code_before_first = false;

private:
    void scan();
    void take_word();
    void skip_line() { at_ = std::min(source_.find('\n', at_), source_.size()); }
    void skip_block_comment();
    void skip_string(char quote);
    [[nodiscard]] std::string_view line_at(std::size_t at) const {
        const std::size_t begin = at == 0 ? 0 : source_.rfind('\n', at - 1) + 1;
        return source_.substr(begin, std::min(source_.find('\n', at), source_.size()) - begin);
    }
    [[nodiscard]] bool stands_alone() const {
        std::string_view line = line_at(at_);
        while (!line.empty() && line.front() <= ' ') { line.remove_prefix(1); }
        while (!line.empty() && line.back() <= ' ') { line.remove_suffix(1); }
        return line.size() == 2;
    }
    [[nodiscard]] bool quote_transposes() const {
        if (at_ == 0) { return false; }
        const char before = source_[at_ - 1];
        return is_letter(before) || before == ')' || before == ']' || before == '}' || before == '\'' ||
               before == '.';
    }
    void see_code() {
        if (!blocks_.empty() && open_function_) { return; }
        code_outside = true;
        if (marks.empty()) { code_before_first = true; }
    }

    std::string_view source_;
    bool closed_;
    std::size_t at_ = 0;
    std::size_t brackets_ = 0;
    std::vector<bool> blocks_;    ///< true: a function
    bool open_function_ = false;  ///< the outermost block is a function
};

void Scanner::skip_block_comment() {
    std::size_t depth = 0;
    while (at_ < source_.size()) {
        const std::string_view pair = source_.substr(at_, 2);
        if ((pair == "%{" || pair == "#{") && stands_alone()) { ++depth; }
        if ((pair == "%}" || pair == "#}") && stands_alone() && --depth == 0) { return skip_line(); }
        ++at_;
    }
}

void Scanner::skip_string(char quote) {
    for (++at_; at_ < source_.size() && source_[at_] != '\n'; ++at_) {
        if (quote == '"' && source_[at_] == '\\') {
            ++at_;
        } else if (source_[at_] == quote) {
            ++at_;
            return;  // a doubled quote begins the next string at once
        }
    }
}

void Scanner::take_word() {
    const std::size_t begin = at_;
    while (at_ < source_.size() && is_letter(source_[at_])) { ++at_; }
    const std::string_view word = source_.substr(begin, at_ - begin);
    const bool field = begin > 0 && source_[begin - 1] == '.';
    if (brackets_ > 0 || field) { return see_code(); }
    if (word == "function") {
        if (!closed_) { blocks_.clear(); }
        if (blocks_.empty()) {
            marks.push_back({begin, 0});
            open_function_ = true;
        }
        blocks_.push_back(true);
        return;
    }
    if (is_one_of(kOpeners, word)) {
        see_code();
        blocks_.push_back(false);
        return;
    }
    if (is_one_of(kClosers, word) && !blocks_.empty()) {
        blocks_.pop_back();
        if (blocks_.empty() && open_function_) {
            open_function_ = false;
            marks.back().end = std::min(source_.find('\n', at_), source_.size() - 1) + 1;
        }
        return;
    }
    see_code();
}

void Scanner::scan() {
    while (at_ < source_.size()) {
        const char c = source_[at_];
        if ((c == '%' || c == '#') && at_ + 1 < source_.size() && source_[at_ + 1] == '{' && stands_alone()) {
            skip_block_comment();
        } else if (c == '%' || c == '#' || source_.substr(at_, 3) == "...") {
            skip_line();
        } else if (c == '"' || (c == '\'' && !quote_transposes())) {
            see_code();
            skip_string(c);
        } else if (is_letter(c)) {
            take_word();
        } else {
            if (c == '(' || c == '[' || c == '{') { ++brackets_; }
            if ((c == ')' || c == ']' || c == '}') && brackets_ > 0) { --brackets_; }
            if (c > ' ' && c != ';' && c != ',') { see_code(); }
            ++at_;
        }
    }
}

/// MATLAB lets a file close all of its functions, or none.
Scanner scanned(std::string_view source) {
    Scanner closed(source, true);
    if (!closed.ends_inside()) { return closed; }
    return {source, false};
}

/// The name in `function [a, b] = name (c)`; empty where it cannot be read.
std::string name_in(std::string_view text) {
    text.remove_prefix(std::string_view("function").size());
    const std::string_view head = text.substr(0, text.find_first_of("\n%#"));
    const std::size_t open = head.find('(');
    const std::size_t equals = head.find('=');
    if (equals != std::string_view::npos && (open == std::string_view::npos || equals < open)) {
        text = head.substr(equals + 1);
    } else {
        text = head;
    }
    while (!text.empty() && text.front() <= ' ') { text.remove_prefix(1); }
    std::size_t end = 0;
    while (end < text.size() && is_letter(text[end])) { ++end; }
    return std::string(text.substr(0, end));
}

}  // namespace

std::vector<OctaveFunction> octave_functions(std::string_view source) {
    const Scanner scanner = scanned(source);
    std::vector<OctaveFunction> out;
    for (std::size_t i = 0; i < scanner.marks.size(); ++i) {
        const auto [begin, closed] = scanner.marks[i];
        const std::size_t next = i + 1 < scanner.marks.size() ? scanner.marks[i + 1].begin : source.size();
        const std::size_t end = closed > 0 ? closed : next;
        OctaveFunction function;
        function.text = source.substr(begin, end - begin);
        function.name = name_in(function.text);
        function.first_line = static_cast<std::size_t>(
            std::count(source.begin(), source.begin() + static_cast<long>(begin), '\n'));
        function.begin = begin;
        function.first = i == 0 && !scanner.code_before_first;
        if (!function.name.empty()) { out.push_back(std::move(function)); }
    }
    return out;
}

bool has_script_code(std::string_view source) { return scanned(source).code_outside; }

Status write_functions(const std::string& source, const std::string& folder) {
    for (const OctaveFunction& function : octave_functions(source)) {
        const std::string path = folder + "/" + function.name + ".m";
        std::ofstream file(path, std::ios::binary);
        // Blank lines keep the numbers that errors tell.
        file << std::string(function.first_line, '\n') << function.text;
        file.close();
        if (!file) { return Error{ErrorCode::unavailable, path + " cannot be written"}; }
    }
    return {};
}

}  // namespace nias::worker
