#include "job/manifest/manifest.hpp"

#include <toml++/toml.h>
#include <cctype>
#include <charconv>
#include <limits>
#include <span>

namespace nias::job {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};
constexpr Unit kByteUnits[] = {{"", 1},
                               {"b", 1},
                               {"k", 1U << 10U},
                               {"kb", 1U << 10U},
                               {"kib", 1U << 10U},
                               {"m", 1U << 20U},
                               {"mb", 1U << 20U},
                               {"mib", 1U << 20U},
                               {"g", 1U << 30U},
                               {"gb", 1U << 30U},
                               {"gib", 1U << 30U},
                               {"t", 1ULL << 40U},
                               {"tb", 1ULL << 40U},
                               {"tib", 1ULL << 40U}};
constexpr Unit kTimeUnits[] = {{"", 1000},      {"s", 1000},      {"m", 60'000},
                               {"min", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};

Result<std::uint64_t> measure(std::string_view text, std::span<const Unit> units, std::string_view example) {
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    std::string unit;
    for (const char* at = parsed.ptr; at < text.data() + text.size(); ++at) {
        if (*at != ' ') { unit.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(*at)))); }
    }
    for (const Unit& known : units) {
        const bool fits = number <= std::numeric_limits<std::int64_t>::max() / known.factor;
        if (parsed.ec == std::errc{} && known.name == unit && fits) { return number * known.factor; }
    }
    return Error{ErrorCode::invalid, "\"" + std::string(text) + "\" is not understood: write it like \"" +
                                         std::string(example) + "\""};
}

Error wrong(std::string_view key, std::string_view expected) {
    return {ErrorCode::invalid, "nias.toml: " + std::string(key) + " must be " + std::string(expected)};
}

template <typename T>
Status take_text(const toml::node& node, std::string_view key, T& to) {
    const auto value = node.value_exact<std::string>();
    if (!value) { return wrong(key, "a text in quotes"); }
    to = *value;
    return {};
}

Status take_count(const toml::node& node, std::string_view key, std::uint32_t least, std::uint32_t most,
                  std::uint32_t& to) {
    const auto value = node.value_exact<std::int64_t>();
    if (!value || *value < least || *value > most) {
        return wrong(key, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    }
    to = static_cast<std::uint32_t>(*value);
    return {};
}

using Measure = Result<std::uint64_t> (*)(std::string_view);
Status take_measure(const toml::node& node, std::string_view key, Measure measured, std::uint64_t& to) {
    const auto text = node.value_exact<std::string>();
    const auto number = node.value_exact<std::int64_t>();
    if (!text && !number) { return wrong(key, "a number or a text with a unit"); }
    auto value = measured(text ? *text : std::to_string(*number));
    if (!value) {
        return Error{ErrorCode::invalid, "nias.toml: " + std::string(key) + ": " + value.error().message};
    }
    to = *value;
    return {};
}

Status take_one_of(const toml::node& node, std::string_view key, std::span<const std::string_view> allowed,
                   std::string& to) {
    if (auto taken = take_text(node, key, to); !taken) { return taken; }
    std::string words;
    for (const std::string_view value : allowed) {
        if (value == to) { return {}; }
        words += (words.empty() ? "\"" : ", \"") + std::string(value) + "\"";
    }
    return wrong(key, "one of " + words);
}

Status take_env(const toml::node& node, std::map<std::string, std::string>& to) {
    const toml::table* table = node.as_table();
    if (table == nullptr) { return wrong("env", "a table [env]"); }
    for (const auto& [key, value] : *table) {
        const std::string name(key.str());
        if (name.starts_with("NIAS_") || name.find('=') != std::string::npos) {
            return wrong("env." + name, "left to NIAS");
        }
        if (auto taken = take_text(value, "env." + name, to[name]); !taken) { return taken; }
    }
    return {};
}

Status take_resources(const toml::node& node, CountedResources& to) {
    const toml::table* table = node.as_table();
    if (table == nullptr) { return wrong("resources", "a table [resources]"); }
    std::vector<CountedResource> list;
    for (const auto& [key, value] : *table) {
        CountedResource& one = list.emplace_back();
        one.name = key.str();
        auto taken = take_count(value, "resources." + one.name, 1, std::numeric_limits<std::uint32_t>::max(),
                                one.amount);
        if (!taken) { return taken; }
    }
    to = CountedResources(std::move(list));
    const auto checked = check(to);
    if (checked) { return {}; }
    return Error{ErrorCode::invalid, "nias.toml: [resources]: " + checked.error().message};
}

Status take_labels(const toml::node& node, std::vector<std::string>& to) {
    const toml::array* list = node.as_array();
    if (list == nullptr) { return wrong("labels", "a list of texts"); }
    for (const toml::node& item : *list) {
        if (auto taken = take_text(item, "labels", to.emplace_back()); !taken) { return taken; }
    }
    return {};
}

constexpr std::string_view kRuntimes[] = {"python", "octave", "matlab"};
constexpr std::string_view kNetworks[] = {"none", "internet"};

Status take(std::string_view key, const toml::node& node, Manifest& to) {
    if (key == "name") { return take_text(node, key, to.name); }
    if (key == "entry") { return take_text(node, key, to.entry); }
    if (key == "runtime") { return take_one_of(node, key, kRuntimes, to.runtime); }
    if (key == "network") { return take_one_of(node, key, kNetworks, to.network); }
    if (key == "cpus") { return take_count(node, key, 1, 4096, to.cpus); }
    if (key == "gpus") { return take_count(node, key, 0, 64, to.gpus); }
    if (key == "max_attempts") { return take_count(node, key, 1, 100, to.max_attempts); }
    if (key == "memory") { return take_measure(node, key, parse_bytes, to.memory_bytes); }
    if (key == "time_limit") { return take_measure(node, key, parse_duration_ms, to.time_limit_ms); }
    if (key == "labels") { return take_labels(node, to.labels); }
    if (key == "env") { return take_env(node, to.env); }
    if (key == "resources") { return take_resources(node, to.counted); }
    return Error{ErrorCode::invalid,
                 "nias.toml: the key \"" + std::string(key) +
                     "\" is not known; known are name, entry, runtime, cpus, memory, "
                     "gpus, time_limit, network, labels, max_attempts, [resources] and [env]"};
}

}  // namespace

Result<std::uint64_t> parse_bytes(std::string_view text) { return measure(text, kByteUnits, "4 GiB"); }
Result<std::uint64_t> parse_duration_ms(std::string_view text) { return measure(text, kTimeUnits, "2h"); }

Result<Manifest> parse_manifest(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) { text.remove_prefix(3); }
    Manifest manifest;
    try {
        const toml::table table = toml::parse(text);
        for (const auto& [key, value] : table) {
            if (auto taken = take(key.str(), value, manifest); !taken) { return taken.error(); }
        }
    } catch (const toml::parse_error& failed) {
        return Error{ErrorCode::invalid, "nias.toml, line " + std::to_string(failed.source().begin.line) +
                                             ": " + std::string(failed.description())};
    }
    if (manifest.name.size() > 200) { return wrong("name", "at most 200 bytes long"); }
    return manifest;
}

}  // namespace nias::job
