#include "job/requirements/requirement.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "job/text.hpp"

namespace nias::job {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_name_char(char c) { return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-'; }
bool is_version_char(char c) {
    return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '*' || c == '+' || c == '!' ||
           c == '-';
}

Error wrong(std::string words) { return {ErrorCode::invalid, std::move(words)}; }

/// Reads one line from left to right.
class Reader {
public:
    explicit Reader(std::string_view line) : left_(line) {}

    Result<Requirement> requirement();

private:
    void skip_blanks() {
        while (!left_.empty() && is_blank(left_.front())) { left_.remove_prefix(1); }
    }
    template <typename Is>
    std::string_view run_of(Is is) {
        std::size_t count = 0;
        while (count < left_.size() && is(left_[count])) { ++count; }
        const std::string_view out = left_.substr(0, count);
        left_.remove_prefix(count);
        return out;
    }
    bool skip(std::string_view mark) {
        if (!left_.starts_with(mark)) { return false; }
        left_.remove_prefix(mark.size());
        return true;
    }
    Status extras();
    Status rules();
    Status rule();
    Status hashes();
    [[nodiscard]] Error stray() const;

    std::string_view left_;
    Requirement out_;
};

Status Reader::extras() {
    if (!skip("[")) { return {}; }
    const std::size_t end = left_.find(']');
    const auto inside = left_.substr(0, std::min(end, left_.size()));
    const bool plain = std::all_of(inside.begin(), inside.end(),
                                   [](char c) { return is_name_char(c) || is_blank(c) || c == ','; });
    if (end == std::string_view::npos || !plain) {
        return wrong("the extras in [ ] are not understood: write them like " + out_.name + "[all]");
    }
    left_.remove_prefix(end + 1);
    return {};
}

Status Reader::rule() {
    static constexpr std::array<std::string_view, 8> kOps{"===", "==", "~=", "!=", "<=", ">=", "<", ">"};
    const auto op = std::find_if(kOps.begin(), kOps.end(), [&](std::string_view one) { return skip(one); });
    if (op == kOps.end()) { return stray(); }
    skip_blanks();
    const std::string version(run_of(is_version_char));
    const std::string said = out_.name + std::string(*op);
    if (version.empty()) {
        if (left_.starts_with(">") || left_.starts_with("<") || left_.starts_with("=")) {
            return wrong("«" + std::string(*op) + std::string(left_.substr(0, 1)) +
                         "» compares nothing: write ==, >=, <=, ~= or !=");
        }
        return wrong("a version is missing after " + std::string(*op) + ": write one, or " + out_.name +
                     " alone for the newest");
    }
    if (left_.starts_with("=") && *op == "==") {
        return wrong("this is conda's way to write it: write " + said + version);
    }
    const std::string_view number =
        std::string_view(version).substr(version.front() == 'v' || version.front() == 'V' ? 1 : 0);
    const std::size_t star = number.find('*');
    const bool good_star =
        star == std::string_view::npos ||
        (star + 1 == number.size() && star > 0 && number[star - 1] == '.' && (*op == "==" || *op == "!="));
    const bool has_x = lower_case(number).ends_with(".x");
    if (*op != "===" && (number.empty() || !is_digit(number.front()) || !good_star || has_x)) {
        return wrong("\"" + shown(version, 40) + "\" is no version for " + std::string(*op) +
                     ": write one like " + out_.name + "==1.4.2 or " + out_.name + "==1.4.*, or " +
                     out_.name + " alone for the newest");
    }
    out_.rules.push_back({std::string(*op), version});
    return {};
}

Status Reader::rules() {
    skip_blanks();
    const bool closed = skip("(");
    skip_blanks();
    if (!closed && (left_.empty() || left_.front() == ';' || left_.starts_with("--"))) { return {}; }
    while (true) {
        skip_blanks();
        if (auto good = rule(); !good) { return good; }
        skip_blanks();
        if (!skip(",")) { break; }
        skip_blanks();
        if (left_.empty()) { return wrong("it ends in a comma: remove the comma"); }
    }
    if (closed && !skip(")")) { return wrong("a ) is missing"); }
    return {};
}

/// pip checks what it got against `--hash=…`; no other option belongs to one package here.
Status Reader::hashes() {
    while (true) {
        skip_blanks();
        if (left_.empty()) { return {}; }
        const auto word = run_of([](char c) { return !is_blank(c); });
        if (!word.starts_with("--hash=")) {
            return wrong("the option " + shown(word, 40) + " is not taken here: remove it");
        }
    }
}

/// Names the text that stands where a version rule or the end should be.
Error Reader::stray() const {
    const std::string& name = out_.name;
    if (left_.starts_with("=>") || left_.starts_with("=<")) {
        return wrong("write " + std::string(left_[1] == '>' ? ">=" : "<=") + ", with the = behind");
    }
    if (left_.starts_with("=")) {
        const std::size_t end = std::min(left_.find_first_of("=, ;", 1), left_.size());
        return wrong("one = is conda's way to write it: write " + name +
                     "==" + std::string(left_.substr(1, end - 1)));
    }
    if (!left_.empty() && is_digit(left_.front())) {
        return wrong("write " + name + "==" + shown(left_.substr(0, left_.find_first_of(" \t,;")), 40));
    }
    if (!left_.empty() && (is_letter(left_.front()) || left_.front() == ',')) {
        return wrong("it is more than one package: write each on a line of its own");
    }
    return wrong("what follows " + name + " is not understood: write it like " + name + "==1.4.2");
}

/// Whether it could be a condition, as the dependency specifiers of Python's packaging guide have them.
bool is_marker(std::string_view text) {
    static constexpr std::string_view kVariables[] = {"python_version",
                                                      "python_full_version",
                                                      "os_name",
                                                      "sys_platform",
                                                      "platform_release",
                                                      "platform_system",
                                                      "platform_version",
                                                      "platform_machine",
                                                      "implementation_name",
                                                      "implementation_version",
                                                      "platform_python_implementation",
                                                      "extra"};
    static constexpr std::string_view kOperators[] = {"=", "<", ">", " in "};
    const auto has = [&](std::string_view word) { return text.find(word) != std::string_view::npos; };
    return std::any_of(std::begin(kVariables), std::end(kVariables), has) &&
           std::any_of(std::begin(kOperators), std::end(kOperators), has);
}

Result<Requirement> Reader::requirement() {
    out_.name = run_of(is_name_char);
    const auto edge = [](char c) { return is_letter(c) || is_digit(c); };
    if (out_.name.empty() || !edge(out_.name.front()) || !edge(out_.name.back())) {
        return wrong("it does not begin with the name of a package: write it like numpy or numpy==1.26.4");
    }
    skip_blanks();
    if (auto good = extras(); !good) { return good.error(); }
    if (auto good = rules(); !good) { return good.error(); }
    skip_blanks();
    if (skip(";")) {
        const std::size_t end = std::min(left_.find(" --"), left_.size());
        skip_blanks();
        out_.marker = std::string(left_.substr(0, end));
        if (!is_marker(out_.marker)) {
            return wrong(
                "what follows ; is no condition, like python_version < \"3.11\": write each package on a "
                "line of its own");
        }
        left_.remove_prefix(std::min(end, left_.size()));
    } else if (!left_.empty() && !left_.starts_with("--")) {
        return stray();
    }
    if (auto good = hashes(); !good) { return good.error(); }
    return std::move(out_);
}

/// Signs that word processors and web pages put in place of plain ones.
std::optional<Error> odd_characters(std::string_view line) {
    struct Sign {
        std::string_view odd, plain;
    };
    static constexpr Sign kSigns[] = {{"≥", ">="}, {"≤", "<="}, {"≠", "!="}, {"–", "-"}, {"—", "-"}};
    for (const auto& [odd, plain] : kSigns) {
        if (line.find(odd) != std::string_view::npos) {
            return wrong("it has the sign " + std::string(odd) + ": write " + std::string(plain));
        }
    }
    const auto plain = [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte >= 0x20 && byte < 0x7F) || c == '\t';
    };
    if (!std::all_of(line.begin(), line.end(), plain)) {
        return wrong("it has a character that names of packages do not have: type the line again");
    }
    return std::nullopt;
}

}  // namespace

Result<Requirement> parse_requirement(std::string_view line) {
    if (auto odd = odd_characters(line)) { return std::move(*odd); }
    const auto word = line.substr(0, line.find_first_of(" \t"));
    const bool sentence = word.size() < line.size();
    if (sentence &&
        (word == "pip" || word == "pip3" || word == "python" || word == "conda" || word == "!pip")) {
        return wrong("it is a command: write only the name of the package");
    }
    if (sentence && (word == "import" || word == "from")) {
        return wrong("it is a line of a program: write only the name of the package");
    }
    if (line.front() == '"' || line.front() == '\'') { return wrong("write it without quotes"); }
    return Reader(line).requirement();
}

std::string normal_name(std::string_view name) {
    std::string out;
    for (const char c : lower_case(name)) {
        const bool mark = c == '-' || c == '_' || c == '.';
        if (mark && !out.empty() && out.back() == '-') { continue; }
        out.push_back(mark ? '-' : c);
    }
    return out;
}

}  // namespace nias::job
