/// Finds the option that a key of a configuration file means: those of the program itself, and those of the
/// programs that it starts, which may stand in a table of their own. Used by program. Pure; one thread.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nias/result.hpp>

namespace nias::daemon {

class ConfigKeys {
public:
    /// An option, by its name, and the program for which alone it was given; empty: for whoever takes it.
    struct Place {
        std::string option;
        std::string program;
    };

    /// The option that `key` in the table `table` means; an empty table is the part of the file above all
    /// tables. `invalid` names the key or table and what is probably meant.
    [[nodiscard]] Result<Place> place_of(const std::string& table, const std::string& key) const;

    /// Declares an option of the program whose file it is.
    void add(const std::string& option) { options_.insert(option); }
    /// Declares a program that is started with options from the file. Its table is its name without `nias-`.
    /// Options in `own` are not to be given: the starting program decides them.
    void add_program(const std::string& program, const std::vector<std::string>& own);
    /// Declares an option of the last program.
    void add_passed(const std::string& option);

private:
    struct Program {
        std::string name;
        std::string table;
        std::set<std::string> own;
        std::set<std::string> options;
    };
    [[nodiscard]] Result<Place> place_in(const Program& program, const std::string& key) const;

    std::set<std::string> options_;  ///< those that may stand above the tables
    std::vector<Program> programs_;
};

}  // namespace nias::daemon
