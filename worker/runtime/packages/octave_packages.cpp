#include "worker/runtime/packages/octave_packages.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>

namespace nias::worker {
namespace {

constexpr std::size_t kPackagesMost = 64;
constexpr std::size_t kFunctionsMost = 4096;

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_in_word(char c) { return is_letter(c) || std::isdigit(static_cast<unsigned char>(c)) != 0; }

/// The functions in a package's index: the indented words that are no method of a class.
std::set<std::string> functions_in(const std::string& path) {
    std::set<std::string> out;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line) && out.size() < kFunctionsMost;) {
        if (!line.starts_with(' ')) { continue; }
        std::istringstream words(line);
        for (std::string word; words >> word;) {
            if (std::all_of(word.begin(), word.end(), is_in_word)) { out.insert(word); }
        }
    }
    return out;
}

/// Reads a line of a program word by word.
class LineOfCode {
public:
    explicit LineOfCode(std::string_view line) : line_(line) {}

    /// The next word of code, and whether it is given a value; empty at the end of the line.
    std::string_view next(bool& is_assigned) {
        while (at_ < line_.size()) {
            const char c = line_[at_];
            if (c == '%' || c == '#') { break; }
            if (c == '"' || (c == '\'' && !follows_value())) {
                skip_text(c);
            } else if (is_letter(c) && (at_ == 0 || !is_in_word(line_[at_ - 1]))) {
                const std::size_t from = at_;
                while (at_ < line_.size() && is_in_word(line_[at_])) { ++at_; }
                const bool is_field = from > 0 && line_[from - 1] == '.';
                if (is_field) { continue; }
                is_assigned = gets_value(at_);
                return line_.substr(from, at_ - from);
            } else {
                ++at_;
            }
        }
        at_ = line_.size();
        return {};
    }

    [[nodiscard]] std::size_t at() const { return at_; }

private:
    /// A quote behind a value is a transpose.
    [[nodiscard]] bool follows_value() const {
        if (at_ == 0) { return false; }
        const char before = line_[at_ - 1];
        return is_in_word(before) || before == ')' || before == ']' || before == '}' || before == '.' ||
               before == '\'';
    }
    void skip_text(char quote) {
        for (++at_; at_ < line_.size() && line_[at_] != quote; ++at_) {}
        ++at_;
    }
    [[nodiscard]] bool gets_value(std::size_t from) const {
        const std::size_t next = line_.find_first_not_of(" \t", from);
        return next != std::string_view::npos && line_[next] == '=' &&
               (next + 1 == line_.size() || line_[next + 1] != '=');
    }
    std::string_view line_;
    std::size_t at_ = 0;
};

/// The words that a program's code uses, and those that it gives values to.
struct Words {
    std::set<std::string> used, assigned, loaded;

    void read(std::string_view source) {
        while (!source.empty()) {
            const std::size_t end = std::min(source.find('\n'), source.size());
            read_line(source.substr(0, end));
            source.remove_prefix(std::min(end + 1, source.size()));
        }
    }

private:
    /// The end of the left side of `[a, b] = f(x)`; 0: the line is none such.
    static std::size_t end_of_left_side(std::string_view line) {
        const std::size_t close = line.find(']');
        if (line.substr(0, close).find_first_not_of(" \t") != line.find('[')) { return 0; }
        const std::size_t next =
            close == std::string_view::npos ? close : line.find_first_not_of(" \t", close + 1);
        const bool is_left = next != std::string_view::npos && line[next] == '=' &&
                             (next + 1 == line.size() || line[next + 1] != '=');
        return is_left ? close : 0;
    }

    void read_line(std::string_view line) {
        LineOfCode code(line);
        const std::size_t left = end_of_left_side(line);
        bool is_assigned = false;
        std::string before, first;
        for (auto word = code.next(is_assigned); !word.empty(); word = code.next(is_assigned)) {
            if (before == "load" && first == "pkg") { loaded.insert(std::string(word)); }
            const bool names = first == "function" || first == "global" || first == "persistent";
            (is_assigned || names || code.at() <= left ? assigned : used).insert(std::string(word));
            if (first.empty()) { first = word; }
            before = word;
        }
    }
};

}  // namespace

std::vector<OctavePackage> read_octave_packages(std::string_view listed, const std::string& root) {
    std::vector<OctavePackage> out;
    std::istringstream lines{std::string(listed)};
    for (std::string name, folder; lines >> name >> folder && out.size() < kPackagesMost;) {
        const bool is_plain =
            std::all_of(name.begin(), name.end(), [](char c) { return is_in_word(c) || c == '-'; });
        if (!is_plain || !folder.starts_with('/')) { continue; }
        auto functions = functions_in(root + folder + "/packinfo/INDEX");
        if (!functions.empty()) { out.push_back({name, std::move(functions)}); }
    }
    return out;
}

std::vector<UsedPackage> used_packages(const std::vector<std::string>& sources,
                                       const std::set<std::string>& own,
                                       const std::vector<OctavePackage>& packages) {
    Words words;
    for (const std::string& source : sources) { words.read(source); }
    std::vector<UsedPackage> out;
    for (const OctavePackage& package : packages) {
        if (words.loaded.contains(package.name)) { continue; }
        const auto called = std::find_if(words.used.begin(), words.used.end(), [&](const std::string& word) {
            return package.functions.contains(word) && !own.contains(word) && !words.assigned.contains(word);
        });
        if (called != words.used.end()) { out.push_back({package.name, *called}); }
    }
    return out;
}

}  // namespace nias::worker
