#include "job/manifest/manifest.hpp"

#include <toml++/toml.h>
#include <algorithm>
#include <array>
#include <limits>
#include <span>

#include "base/nearest.hpp"
#include "job/array/indices.hpp"
#include "job/images/image.hpp"
#include "job/manifest/measures.hpp"
#include "job/text.hpp"

namespace nias::job {
namespace {

constexpr std::uint64_t kBytesLeast = 16ULL << 20U;  // an interpreter that does nothing needs about as much
constexpr std::uint64_t kTimeLeastMs = 1000;
constexpr std::uint64_t kTimeMostMs = 366ULL * 24 * 3600 * 1000;
constexpr std::uint64_t kLeaseMostS = 7ULL * 24 * 3600;

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

/// "1:30:00" of a time without quotes, which TOML reads as a time of the day.
std::optional<std::string> clock_text(const toml::node& node) {
    const auto time = node.value_exact<toml::time>();
    if (!time) { return std::nullopt; }
    const auto part = [](unsigned number) { return (number < 10 ? ":0" : ":") + std::to_string(number); };
    return std::to_string(time->hour) + part(time->minute) + part(time->second);
}

using Measure = Result<std::uint64_t> (*)(std::string_view);
Status take_measure(const toml::node& node, std::string_view key, Measure measured, std::string_view example,
                    std::uint64_t& to) {
    auto text = node.value_exact<std::string>();
    if (!text) { text = clock_text(node); }
    const auto number = node.value_exact<std::int64_t>();
    if (!text && !number) { return wrong(key, "a text with a unit, like \"" + std::string(example) + "\""); }
    auto value = measured(text ? *text : std::to_string(*number));
    if (!value) {
        return Error{ErrorCode::invalid, "nias.toml: " + std::string(key) + ": " + value.error().message};
    }
    to = *value;
    return {};
}

Status take_bytes(const toml::node& node, std::string_view key, std::uint64_t& to) {
    if (auto taken = take_measure(node, key, parse_bytes, "4 GiB", to); !taken) { return taken; }
    if (to >= kBytesLeast) { return {}; }
    const auto number = node.value_exact<std::int64_t>();
    const std::string said =
        number ? std::to_string(*number) : "\"" + *node.value_exact<std::string>() + "\"";
    return wrong(key, "at least 16 MiB, and " + said + " means " + std::to_string(to) +
                          " bytes: write the unit with it, like " + std::string(key) + " = \"4 GiB\"");
}

Status take_time_limit(const toml::node& node, Manifest& to) {
    auto taken = take_measure(node, "time_limit", parse_duration_ms, "2h", to.time_limit_ms);
    if (taken && (to.time_limit_ms < kTimeLeastMs || to.time_limit_ms > kTimeMostMs)) {
        return wrong("time_limit",
                     "from 1 second to 366 days, like \"2h\"; without the line the lab's own limit counts");
    }
    return taken;
}

Status take_lease(const toml::node& node, Manifest& to) {
    std::uint64_t lease_ms = 0;
    if (auto taken = take_measure(node, "lease", parse_duration_ms, "2h", lease_ms); !taken) { return taken; }
    if (lease_ms < 1000 || lease_ms > 1000 * kLeaseMostS) {
        return wrong("lease",
                     "from 1 second to 7 days, like \"2h\"; without the line a machine may be silent as long "
                     "as the job has run");
    }
    to.lease_s = static_cast<std::uint32_t>(lease_ms / 1000);
    return {};
}

Status take_one_of(const toml::node& node, std::string_view key, std::span<const std::string_view> allowed,
                   std::string& to) {
    if (auto taken = take_text(node, key, to); !taken) { return taken; }
    std::string words;
    to = lower_case(to);
    for (const std::string_view value : allowed) {
        if (value == to) { return {}; }
        words += (words.empty() ? "\"" : ", \"") + std::string(value) + "\"";
    }
    return wrong(key, "one of " + words + ", not \"" + shown(to) + "\"");
}

Status take_environment(const toml::node& node, std::string& to) {
    if (auto taken = take_text(node, "environment", to); !taken) { return taken; }
    to = lower_case(to);
    if (is_environment_name(to)) { return {}; }
    return wrong("environment",
                 "the name of an environment that the administrator has made, like \"eeg\"; variables "
                 "of the program stand in a table [env]");
}

Status take_image(const toml::node& node, std::string& to) {
    if (auto taken = take_text(node, "image", to); !taken) { return taken; }
    auto name = parse_image_name(to);
    if (!name) { return wrong("image", name.error().message); }
    to = std::move(*name);
    return {};
}

bool is_variable_name(std::string_view name) {
    const auto good = [](unsigned char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !name.empty() && (name.front() < '0' || name.front() > '9') &&
           std::all_of(name.begin(), name.end(), good);
}

Status take_env(const toml::node& node, std::map<std::string, std::string>& to) {
    const toml::table* table = node.as_table();
    if (table == nullptr) { return wrong("env", "a table [env]"); }
    for (const auto& [key, value] : *table) {
        const std::string name(key.str());
        if (!is_variable_name(name)) {
            return wrong("[env] " + shown(name),
                         "the name of a variable: letters without accents, digits and _");
        }
        if (name.starts_with("NIAS_") || name.starts_with("LD_")) {
            return wrong("[env] " + shown(name), "left out: the worker sets such variables itself");
        }
        if (auto taken = take_text(value, "env." + name, to[name]); !taken) { return taken; }
        if (to[name].find('\0') != std::string::npos) {
            return wrong("env." + name, "a text without zero bytes");
        }
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

Status take_array(const toml::node& node, Manifest& to) {
    const std::string where = "nias.toml, line " + std::to_string(node.source().begin.line) + ": array";
    const auto text = node.value_exact<std::string>();
    if (!text) {
        return Error{ErrorCode::invalid,
                     where + " must be a text in quotes, like \"1-100\" or \"1-10,20,30-50:5\""};
    }
    auto indices = parse_indices(*text);
    if (!indices) { return Error{ErrorCode::invalid, where + ": " + indices.error().message}; }
    to.array = std::move(*indices);
    return {};
}

constexpr std::string_view kRuntimes[] = {"python", "octave", "matlab", "r"};
constexpr std::string_view kNetworks[] = {"none", "internet"};

/// How a key is read. The order is that in which a refusal lists them.
struct Key {
    std::string_view name;
    Status (*take)(const toml::node&, Manifest&);
};
constexpr Key kKeys[] = {
    {"name", [](const toml::node& node, Manifest& to) { return take_text(node, "name", to.name); }},
    {"entry", [](const toml::node& node, Manifest& to) { return take_text(node, "entry", to.entry); }},
    {"runtime", [](const toml::node& node,
                   Manifest& to) { return take_one_of(node, "runtime", kRuntimes, to.runtime); }},
    {"environment",
     [](const toml::node& node, Manifest& to) { return take_environment(node, to.environment); }},
    {"image", [](const toml::node& node, Manifest& to) { return take_image(node, to.image); }},
    {"cpus", [](const toml::node& node, Manifest& to) { return take_count(node, "cpus", 1, 4096, to.cpus); }},
    {"memory",
     [](const toml::node& node, Manifest& to) { return take_bytes(node, "memory", to.memory_bytes); }},
    {"disk", [](const toml::node& node, Manifest& to) { return take_bytes(node, "disk", to.disk_bytes); }},
    {"gpus", [](const toml::node& node, Manifest& to) { return take_count(node, "gpus", 0, 64, to.gpus); }},
    {"time_limit", take_time_limit},
    {"network", [](const toml::node& node,
                   Manifest& to) { return take_one_of(node, "network", kNetworks, to.network); }},
    {"labels", [](const toml::node& node, Manifest& to) { return take_labels(node, to.labels); }},
    {"max_attempts", [](const toml::node& node,
                        Manifest& to) { return take_count(node, "max_attempts", 1, 100, to.max_attempts); }},
    {"lease", take_lease},
    {"array", take_array},
    {"resources", [](const toml::node& node, Manifest& to) { return take_resources(node, to.counted); }},
    {"env", [](const toml::node& node, Manifest& to) { return take_env(node, to.env); }}};

/// Words that people write for a key, in English, Portuguese and the terms of other systems.
struct OtherWord {
    std::string_view written;
    std::string_view key;
};
constexpr OtherWord kOtherWords[] = {{"memoria", "memory"},
                                     {"memória", "memory"},
                                     {"mem", "memory"},
                                     {"ram", "memory"},
                                     {"disco", "disk"},
                                     {"storage", "disk"},
                                     {"scratch", "disk"},
                                     {"tempo", "time_limit"},
                                     {"timeout", "time_limit"},
                                     {"walltime", "time_limit"},
                                     {"time", "time_limit"},
                                     {"limite", "time_limit"},
                                     {"tempo_limite", "time_limit"},
                                     {"nome", "name"},
                                     {"title", "name"},
                                     {"cores", "cpus"},
                                     {"threads", "cpus"},
                                     {"processadores", "cpus"},
                                     {"nucleos", "cpus"},
                                     {"ncpus", "cpus"},
                                     {"rede", "network"},
                                     {"internet", "network"},
                                     {"main", "entry"},
                                     {"program", "entry"},
                                     {"programa", "entry"},
                                     {"script", "entry"},
                                     {"language", "runtime"},
                                     {"linguagem", "runtime"},
                                     {"recursos", "resources"},
                                     {"ambiente", "environment"},
                                     {"imagem", "image"},
                                     {"container", "image"},
                                     {"docker", "image"},
                                     {"variaveis", "env"},
                                     {"variables", "env"},
                                     {"tentativas", "max_attempts"},
                                     {"retries", "max_attempts"},
                                     {"indices", "array"},
                                     {"vetor", "array"}};

/// The key that is probably meant; empty where none is near.
std::string_view nearest_key(std::string_view written) {
    std::string plain = lower_case(written);
    std::replace(plain.begin(), plain.end(), '-', '_');
    for (const auto& [word, key] : kOtherWords) {
        if (word == plain) { return key; }
    }
    std::array<std::string_view, std::size(kKeys)> names;
    std::transform(std::begin(kKeys), std::end(kKeys), names.begin(),
                   [](const Key& key) { return key.name; });
    return nearest_word(plain, names);
}

Error unknown_key(std::string_view written) {
    const std::string_view near = nearest_key(written);
    std::string words = "nias.toml: the key \"" + shown(written) + "\" is not known; ";
    if (!near.empty()) { return {ErrorCode::invalid, words + "is " + std::string(near) + " meant?"}; }
    words += "known are";
    for (const Key& key : kKeys) {
        words += (key.name == std::begin(kKeys)->name ? " " : ", ") + std::string(key.name);
    }
    return {ErrorCode::invalid, words};
}

/// A table that is not known, of keys that are: the whole of nias.toml was put under a heading.
Error unknown_table(std::string_view written, const toml::table& table) {
    for (const auto& [key, value] : table) {
        const bool known = std::any_of(std::begin(kKeys), std::end(kKeys),
                                       [&](const Key& one) { return one.name == key.str(); });
        if (!known) { continue; }
        return {ErrorCode::invalid,
                "nias.toml: the keys of a job stand at the top, with no heading above them: "
                "remove the line [" +
                    shown(written) + "]"};
    }
    return unknown_key(written);
}

Status take(std::string_view name, const toml::node& node, Manifest& to) {
    for (const Key& key : kKeys) {
        if (key.name == name) { return key.take(node, to); }
    }
    if (const toml::table* table = node.as_table()) { return unknown_table(name, *table); }
    return unknown_key(name);
}

std::string_view line_of(std::string_view text, std::size_t number) {
    for (std::size_t i = 1; i < number && !text.empty(); ++i) {
        text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    }
    return text.substr(0, text.find_first_of("\r\n"));
}

/// A sentence of the parser, and what people most often mean by such a line.
Error unreadable(const toml::parse_error& failed, std::string_view text) {
    const std::size_t number = failed.source().begin.line;
    const std::string_view line = line_of(text, number);
    std::string words =
        "nias.toml, line " + std::to_string(number) + ": " + std::string(failed.description());
    const std::size_t equals = line.find('=');
    const auto has = [&](std::string_view what) { return line.find(what) != std::string_view::npos; };
    if (has("“") || has("”") || has("‘") || has("’")) {
        words += "; write straight quotes, like \"4 GiB\"";
    } else if (equals == std::string_view::npos && has(":")) {
        words += "; write = between a key and its value, like memory = \"4 GiB\"";
    } else if (words.find("while parsing string") != std::string::npos) {
        words += "; a text ends in its line, with the quote that it began with";
    } else if (words.find("cannot redefine") != std::string::npos) {
        words += "; each key stands once";
    } else if (equals != std::string_view::npos && !has("\"") && !has("'")) {
        words += "; texts stand in quotes, like memory = \"4 GiB\"";
    }
    return {ErrorCode::invalid, words};
}

}  // namespace

bool is_environment_name(std::string_view name) {
    constexpr std::size_t kLongest = 40;
    const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !name.empty() && name.size() <= kLongest && plain(name.front()) &&
           std::all_of(name.begin(), name.end(),
                       [&](char c) { return plain(c) || c == '.' || c == '_' || c == '-'; });
}

Result<Manifest> parse_manifest(std::string_view text) {
    Manifest manifest;
    try {
        const toml::table table = toml::parse(text);
        for (const auto& [key, value] : table) {
            if (auto taken = take(key.str(), value, manifest); !taken) { return taken.error(); }
        }
    } catch (const toml::parse_error& failed) { return unreadable(failed, text); }
    if (manifest.name.size() > 200) { return wrong("name", "at most 200 bytes long"); }
    return manifest;
}

}  // namespace nias::job
