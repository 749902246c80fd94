#include "daemon/config_keys.hpp"

#include <algorithm>

#include "base/nearest.hpp"

namespace nias::daemon {
namespace {

/// Every program has it, so that a table may name it for its program alone.
constexpr auto kLogLevel = "log-level";

Error refused(const std::string& what, const std::string& advice) {
    return {ErrorCode::invalid, "the configuration file has " + what + advice};
}

/// « (is "slots" meant?)», or nothing. People write `_` where an option has `-`.
std::string guess(std::string written, const std::set<std::string>& known) {
    std::replace(written.begin(), written.end(), '_', '-');
    const std::vector<std::string_view> words(known.begin(), known.end());
    const std::string_view near = nearest_word(written, words);
    return near.empty() ? std::string() : " (is \"" + std::string(near) + "\" meant?)";
}

}  // namespace

void ConfigKeys::add_program(const std::string& program, const std::vector<std::string>& own) {
    constexpr std::string_view kPrefix = "nias-";
    const std::string table = program.starts_with(kPrefix) ? program.substr(kPrefix.size()) : program;
    programs_.push_back({program, table, {own.begin(), own.end()}, {kLogLevel}});
}

void ConfigKeys::add_passed(const std::string& option) {
    programs_.back().options.insert(option);
    options_.insert(option);
}

Result<ConfigKeys::Place> ConfigKeys::place_of(const std::string& table, const std::string& key) const {
    if (table.empty()) {
        if (options_.contains(key)) { return Place{key, {}}; }
        return refused("the key \"" + key + "\", which is not known" + guess(key, options_),
                       ": --help lists the options, and each of them is a key");
    }
    std::set<std::string> tables;
    for (const Program& program : programs_) {
        if (program.table == table) { return place_in(program, key); }
        tables.insert(program.table);
    }
    return refused("the table [" + table + "], which is not known" + guess(table, tables),
                   tables.empty() ? ": all keys of this program stand without a table" : "");
}

Result<ConfigKeys::Place> ConfigKeys::place_in(const Program& program, const std::string& key) const {
    const std::string what = "\"" + key + "\" in [" + program.table + "], ";
    if (program.own.contains(key)) {
        return refused(what, options_.contains(key)
                                 ? "which is for the server as a whole: write it above the tables"
                                 : "which is not to be chosen: the daemons of one server find each other");
    }
    const bool of_another =
        key != kLogLevel && std::any_of(programs_.begin(), programs_.end(), [&](const Program& one) {
            return one.name != program.name && one.options.contains(key);
        });
    if (of_another && program.options.contains(key)) {
        return refused(what, "which another program takes as well: write it above the tables");
    }
    if (program.options.contains(key)) { return Place{key, program.name}; }
    return refused(what + "which is not known" + guess(key, program.options),
                   ": " + program.name + " --help lists the options, and each of them is a key");
}

}  // namespace nias::daemon
