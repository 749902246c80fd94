/// Prints names and words that others chose on a terminal. Used by every verb that prints some.
/// One thread. Text for programs to read (JSON) is not for these.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace nias::cli {

/// Rows under headings, each column as wide as the widest of its cells takes on a terminal. A cell is one
/// line, whatever is in it: see visible() in base/unicode.hpp.
class Table {
public:
    enum class Side { left, right };
    struct Column {
        std::string title;
        Side side = Side::left;
    };

    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
    /// As many cells as there are columns; an empty one is printed as «-», but for the last.
    void add(std::vector<std::string> cells);
    /// Titles and rows, each on its line, with no space at its end.
    void print(std::ostream& to) const;

private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;  ///< cells hold visible() text
};

/// `key` and its value, in two columns; further lines of the value stand below its first.
void print_field(std::ostream& to, std::string_view key, std::string_view value);

/// «program: words» on the standard error, further lines indented.
void say(std::string_view program, std::string_view words);

}  // namespace nias::cli
