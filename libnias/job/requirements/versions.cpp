// Which rules of one package no version can obey together (PEP 440). Only plain release numbers are compared:
// where a rule has a letter or an epoch, nothing is claimed.
#include <algorithm>
#include <charconv>
#include <optional>

#include "job/requirements/requirement.hpp"
#include "job/text.hpp"

namespace nias::job {
namespace {

using Release = std::vector<std::uint64_t>;

/// "1.26.0" → {1, 26}: zeros at the end do not count. nullopt for what is not digits and dots.
std::optional<Release> release_of(std::string_view text) {
    if (text.starts_with('v') || text.starts_with('V')) { text.remove_prefix(1); }
    Release out;
    while (true) {
        std::uint64_t part = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), part);
        if (error != std::errc{}) { return std::nullopt; }
        out.push_back(part);
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        if (text.empty()) { break; }
        if (text.front() != '.') { return std::nullopt; }
        text.remove_prefix(1);
    }
    return out;
}

Release without_zeros(Release release) {
    while (release.size() > 1 && release.back() == 0) { release.pop_back(); }
    return release;
}

/// The first release behind all that begin like this one: {1, 4} → {1, 5}.
std::optional<Release> behind(Release prefix) {
    if (prefix.empty() || prefix.back() == UINT64_MAX) { return std::nullopt; }
    ++prefix.back();
    return prefix;
}

/// The versions that a rule leaves: from `least` to `most`, each with whether it is among them.
struct Range {
    std::optional<Release> least, most;
    bool with_least = true;
    bool with_most = true;
};

std::optional<Range> prefix_range(const Release& least, Release prefix) {
    auto end = behind(std::move(prefix));
    if (!end) { return std::nullopt; }
    return Range{without_zeros(least), without_zeros(*end), true, false};
}

/// nullopt where the rule is no range of plain releases (`!=`, `===`, letters).
std::optional<Range> range_of(const VersionRule& rule) {
    std::string_view text = rule.version;
    const bool starred = text.ends_with(".*");
    if (starred) { text.remove_suffix(2); }
    if (rule.op == "==") { text = text.substr(0, text.find('+')); }  // 2.0+cu118 is a build of 2.0
    const auto release = release_of(text);
    if (!release) { return std::nullopt; }
    if (rule.op == "==" && starred) { return prefix_range(*release, *release); }
    if (rule.op == "~=") {
        if (release->size() < 2) { return std::nullopt; }
        return prefix_range(*release, Release(release->begin(), release->end() - 1));
    }
    const Release plain = without_zeros(*release);
    if (rule.op == "==") { return Range{plain, plain}; }
    if (rule.op == ">=") { return Range{plain, std::nullopt}; }
    if (rule.op == ">") { return Range{plain, std::nullopt, false}; }
    if (rule.op == "<=") { return Range{std::nullopt, plain}; }
    if (rule.op == "<") { return Range{std::nullopt, plain, true, false}; }
    return std::nullopt;
}

bool lies_wholly_below(const Range& one, const Range& other) {
    if (!one.most || !other.least) { return false; }
    if (*one.most == *other.least) { return !one.with_most || !other.with_least; }
    return *one.most < *other.least;
}

bool is_exact(const VersionRule& rule) {
    return rule.op == "===" || (rule.op == "==" && !rule.version.ends_with('*'));
}

bool is_same_version(const VersionRule& one, const VersionRule& other) {
    const auto a = release_of(one.version);
    const auto b = release_of(other.version);
    if (a && b) { return without_zeros(*a) == without_zeros(*b); }
    return lower_case(one.version) == lower_case(other.version);
}

}  // namespace

bool exclude_each_other(const VersionRule& one, const VersionRule& other) {
    if (is_exact(one) && other.op == "!=") { return is_same_version(one, other); }
    if (one.op == "!=" && is_exact(other)) { return is_same_version(one, other); }
    const auto a = range_of(one);
    const auto b = range_of(other);
    return a && b && (lies_wholly_below(*a, *b) || lies_wholly_below(*b, *a));
}

}  // namespace nias::job
