#include "cli/table.hpp"

#include <algorithm>
#include <iostream>

#include "base/check.hpp"
#include "base/unicode.hpp"

namespace nias::cli {
namespace {

constexpr std::size_t kGap = 2;  // spaces between two columns
constexpr std::size_t kKeyColumn = 12;
constexpr std::size_t kSaidIndent = 2;

std::string spaces(std::size_t wide, std::size_t taken) {
    return std::string(wide > taken ? wide - taken : 0, ' ');
}

}  // namespace

void Table::add(std::vector<std::string> cells) {
    NIAS_CHECK(cells.size() == columns_.size(), "a row has a cell for each column");
    for (std::string& cell : cells) {
        const bool last = &cell == &cells.back();
        cell = cell.empty() && !last ? "-" : visible(cell);
    }
    rows_.push_back(std::move(cells));
}

void Table::print(std::ostream& to) const {
    std::vector<std::size_t> wide(columns_.size());
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        wide[i] = columns_of(columns_[i].title);
        for (const auto& row : rows_) { wide[i] = std::max(wide[i], columns_of(row[i])); }
    }
    const auto print_line = [&](const auto& text_of) {
        std::string line;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            const std::string& text = text_of(i);
            const std::string fill = spaces(wide[i], columns_of(text));
            line += columns_[i].side == Side::right ? fill + text : text + fill;
            line.append(kGap, ' ');
        }
        line.resize(line.find_last_not_of(' ') + 1);
        to << line << '\n';
    };
    print_line([&](std::size_t i) -> const std::string& { return columns_[i].title; });
    for (const auto& row : rows_) {
        print_line([&](std::size_t i) -> const std::string& { return row[i]; });
    }
}

void print_field(std::ostream& to, std::string_view key, std::string_view value) {
    to << key << spaces(kKeyColumn, key.size() + 1) << ' ' << visible_lines(value, kKeyColumn) << '\n';
}

void say(std::string_view program, std::string_view words) {
    std::cerr << program << ": " << visible_lines(words, kSaidIndent) << '\n';
}

}  // namespace nias::cli
