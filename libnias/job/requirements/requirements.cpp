#include "job/requirements/requirements.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "job/requirements/requirement.hpp"
#include "job/text.hpp"

namespace nias::job {
namespace {

constexpr std::size_t kRulesOfOnePackageMax = 32;  // bounds the comparison of each with each
constexpr std::size_t kProblemsTold = 3;
constexpr std::size_t kMendedTold = 8;

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\f\v";
    const std::size_t from = text.find_first_not_of(kBlank);
    if (from == std::string_view::npos) { return {}; }
    return text.substr(from, text.find_last_not_of(kBlank) + 1 - from);
}

/// pip's rule: `#` begins a comment at the start of a line or after a blank.
std::string_view without_comment(std::string_view line) {
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '#' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t')) {
            return line.substr(0, i);
        }
    }
    return line;
}

struct Line {
    std::size_t number = 0;  ///< number of its first line in the file, from 1
    std::string text;        ///< trimmed, without its comment, joined where it goes on; never empty
};

/// The lines that say something. A `\` at the end of a line joins it with the next.
std::vector<Line> lines_of(std::string_view text) {
    std::vector<Line> out;
    Line line;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view piece = trimmed(without_comment(text.substr(0, end)));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.number == 0) { line.number = number; }
        const bool goes_on = piece.ends_with('\\') && !text.empty();
        if (goes_on) { piece.remove_suffix(1); }
        line.text += piece;
        if (goes_on) { continue; }
        line.text = trimmed(line.text);
        if (!line.text.empty()) { out.push_back(std::move(line)); }
        line = {};
    }
    return out;
}

struct Option {
    std::string_view name;
    std::string_view value;
};

Option option_of(std::string_view line) {
    const bool is_short = !line.starts_with("--");
    const std::size_t end = is_short ? std::min<std::size_t>(2, line.size()) : line.find_first_of("= \t");
    std::string_view value = end < line.size() ? line.substr(end) : std::string_view();
    if (value.starts_with("=")) { value.remove_prefix(1); }
    return {line.substr(0, end), trimmed(value)};
}

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_public_index(std::string_view address) {
    while (address.ends_with('/')) { address.remove_suffix(1); }
    const std::size_t host = address.find("://");
    return host != std::string_view::npos && address.substr(host + 3) == "pypi.org/simple";
}

/// Options that change nothing of what is installed here: only wheels are taken, from the lab's index.
bool changes_nothing(const Option& option) {
    static constexpr std::array<std::string_view, 6> kHarmless{
        "--only-binary",  "--prefer-binary",
        "--no-cache-dir", "--disable-pip-version-check",
        "--no-input",     "-q"};
    static constexpr std::array<std::string_view, 3> kIndexes{"-i", "--index-url", "--extra-index-url"};
    return is_one_of(kHarmless, option.name) ||
           (is_one_of(kIndexes, option.name) && is_public_index(option.value));
}

/// `- numpy`: an entry of a list, as Markdown and YAML write it.
std::string entry_of_list(std::string_view line) {
    return line.starts_with("- ") ? shown(trimmed(line.substr(2)), 60) : std::string();
}

std::string cure_of(const Option& option) {
    static constexpr std::array<std::string_view, 8> kPlaces{
        "-i",         "--index-url",  "--extra-index-url", "-f",
        "--pypi-url", "--find-links", "--no-index",        "--trusted-host"};
    const std::string value = shown(option.value, 60);
    if (is_one_of(kPlaces, option.name)) {
        return "packages come from the lab's own index or folder of wheels, which an administrator chooses: "
               "remove the line";
    }
    if (option.name == "-e" || option.name == "--editable") {
        return "nothing is installed from a folder or an address; modules beside the program are found as "
               "they "
               "are: remove the line";
    }
    if (option.name == "-r" || option.name == "--requirement") {
        return "other files are not read: write the lines of " + value + " into this one";
    }
    if (option.name == "-c" || option.name == "--constraint") {
        return "other files are not read: write the versions of " + value + " into this one";
    }
    if (option.name == "--pre") {
        return "the option --pre is not taken: write the version that is meant, like name==2.0rc1";
    }
    return "options of pip are not taken: remove the line";
}

bool is_path(std::string_view line) {
    const std::string_view word = line.substr(0, std::min(line.find(';'), line.size()));
    const std::string lower = lower_case(trimmed(word));
    return word.find_first_of("/\\") != std::string_view::npos || line.front() == '.' ||
           line.front() == '~' || lower.ends_with(".whl") || lower.ends_with(".tar.gz") ||
           lower.ends_with(".zip");
}

/// The path of a wheel as bundles spell it; or why it is none.
Result<std::string> wheel_of(std::string_view line) {
    const auto refused = [](std::string why) { return Error{ErrorCode::invalid, std::move(why)}; };
    std::string path(trimmed(line.substr(0, std::min(line.find(';'), line.size()))));
    std::replace(path.begin(), path.end(), '\\', '/');
    while (path.starts_with("./")) { path.erase(0, 2); }
    if (!path.ends_with(".whl")) {
        return refused(
            "only wheels (.whl) are installed from the bundle: name the package and its version, no path");
    }
    const bool leaves = path.front() == '/' || path.front() == '~' || path.find(':') != std::string::npos ||
                        path.starts_with("../") || path.find("/../") != std::string::npos;
    if (leaves) { return refused("put the wheel into the bundle and name it from there, like ./name.whl"); }
    const std::string file = path.substr(path.rfind('/') + 1);
    const auto parts = std::count(file.begin(), file.end(), '-') + 1;
    if (parts != 5 && parts != 6) {
        return refused(
            "it is no name of a wheel (name-version-python-abi-system.whl): keep the name that the wheel "
            "was downloaded with");
    }
    const std::string system = file.substr(file.rfind('-') + 1);
    if (system.starts_with("win") || system.starts_with("macosx")) {
        return refused(
            std::string("this wheel is built for ") + (system.starts_with("win") ? "Windows" : "macOS") +
            ", and jobs run on Linux: name the package and its version, or put in its wheel for Linux");
    }
    return path;
}

/// Why a line that leads elsewhere than to the index is not taken; nullopt: it does not.
std::optional<Error> address_of(std::string_view line) {
    const std::size_t marker = std::min(line.find(';'), line.size());
    const std::string_view said = line.substr(0, marker);
    const std::size_t at = said.find('@');
    if (at == std::string_view::npos && said.find("://") == std::string_view::npos) { return std::nullopt; }
    const std::string name(trimmed(said.substr(0, std::min(at, said.size()))));
    const bool named =
        at != std::string_view::npos && name.find_first_of(":/ ") == std::string::npos && !name.empty();
    const std::string instead = named ? "write " + shown(name, 60) + ", or " + shown(name, 60) + "==version"
                                      : "write the package's name and version";
    if (said.find("file:") != std::string_view::npos) {
        return Error{
            ErrorCode::invalid,
            "it is a place on the computer where the list was made, as conda and pip freeze write it: " +
                instead};
    }
    return Error{ErrorCode::invalid,
                 "packages come from the lab's index and from no other address: " + instead +
                     ", or put its wheel into the bundle and name it like ./name.whl"};
}

/// Judges line after line and keeps what they ask for.
class Judge {
public:
    void add(const Line& line) {
        if (line.text.front() == '-') { return add_option(line); }
        if (auto address = address_of(line.text)) { return problem(line, address->message); }
        if (line.text.find('$') != std::string::npos) {
            return problem(line, "variables are not known here: write what is meant");
        }
        if (is_path(line.text)) {
            auto wheel = wheel_of(line.text);
            if (!wheel) { return problem(line, wheel.error().message); }
            wheels_.insert(std::move(*wheel));
            return;
        }
        add_package(line);
    }
    Result<Requirements> finish();

private:
    struct Rule {
        VersionRule rule;
        std::size_t line = 0;
        std::string marker;
        std::string text;
    };
    void problem(const Line& line, const std::string& why) {
        if (problems_++ >= kProblemsTold) { return; }
        words_ += (words_.empty() ? "" : " ") + std::string("requirements.txt, line ") +
                  std::to_string(line.number) + ": \"" + shown(line.text) + "\": " + why + ".";
    }
    void left_out(const Line& line, const std::string& why) {
        if (mended_.size() >= kMendedTold) { return; }
        mended_.push_back("requirements.txt, line " + std::to_string(line.number) + ": \"" +
                          shown(line.text) + "\" is left out: " + why + ".");
    }
    void add_option(const Line& line) {
        const Option option = option_of(line.text);
        if (const std::string entry = entry_of_list(line.text); !entry.empty()) {
            return problem(line, "it is written as an entry of a list: write " + entry);
        }
        if (!changes_nothing(option)) { return problem(line, cure_of(option)); }
        left_out(line, "packages come from the lab's index");
    }
    void add_package(const Line& line) {
        auto requirement = parse_requirement(line.text);
        if (!requirement) { return problem(line, requirement.error().message); }
        const std::string name = normal_name(requirement->name);
        if (name == "pkg-resources" && line.text.find("0.0.0") != std::string::npos) {
            return left_out(line, "pip freeze of Debian and Ubuntu writes it, and no index has it");
        }
        if (const std::string why = wrong_name(*requirement); !why.empty()) { return problem(line, why); }
        packages_.insert(line.text);
        std::vector<Rule>& rules = rules_[name];
        for (const VersionRule& rule : requirement->rules) {
            if (rules.size() >= kRulesOfOnePackageMax) {
                return problem(line, requirement->name + " has too many rules: write it once");
            }
            if (disagrees(rules, rule, *requirement, line)) { return; }
            rules.push_back({rule, line.number, requirement->marker, line.text});
        }
    }
    bool disagrees(const std::vector<Rule>& rules, const VersionRule& rule, const Requirement& of,
                   const Line& line) {
        for (const Rule& other : rules) {
            if (other.marker != of.marker || !exclude_each_other(rule, other.rule)) { continue; }
            problem(line, other.line == line.number
                              ? "no version can be both " + other.rule.op + other.rule.version + " and " +
                                    rule.op + rule.version + ": keep one of them"
                              : "line " + std::to_string(other.line) + " asks for \"" + shown(other.text) +
                                    "\", and no version is both: keep one of the two lines");
            return true;
        }
        return false;
    }

    std::set<std::string> packages_;
    std::set<std::string> wheels_;
    std::vector<std::string> mended_;
    std::map<std::string, std::vector<Rule>> rules_;
    std::string words_;
    std::size_t problems_ = 0;
};

Result<Requirements> Judge::finish() {
    if (problems_ > kProblemsTold) {
        words_ += " " + counted(problems_ - kProblemsTold, "more line") + " cannot be taken either.";
    }
    if (problems_ > 0) { return Error{ErrorCode::invalid, std::move(words_)}; }
    if (packages_.size() + wheels_.size() > kRequirementsMax) {
        return Error{ErrorCode::invalid,
                     "requirements.txt names more than 1000 packages: name those that the "
                     "program imports; pip finds what they need."};
    }
    return Requirements{
        {packages_.begin(), packages_.end()}, {wheels_.begin(), wheels_.end()}, std::move(mended_)};
}

}  // namespace

Result<Requirements> parse_requirements(std::string_view text) {
    if (text.size() > kRequirementsBytesMax) {
        return Error{ErrorCode::invalid,
                     "requirements.txt is larger than 256 KiB: it holds names of packages only."};
    }
    Judge judge;
    for (const Line& line : lines_of(text)) { judge.add(line); }
    return judge.finish();
}

}  // namespace nias::job
