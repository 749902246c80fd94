#include "cli/table.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "base/unicode.hpp"

namespace nias::cli {
namespace {

std::vector<std::string> lines_of(const Table& table) {
    std::stringstream out;
    table.print(out);
    std::vector<std::string> lines;
    for (std::string line; std::getline(out, line);) { lines.push_back(line); }
    return lines;
}

TEST(Table, HasColumnsAsWideAsWhatIsInThem) {
    Table table({{"WORKER"}, {"SLOTS", Table::Side::right}, {"NAME"}});
    table.add({"lab1", "2", "first"});
    table.add({"a-much-longer-name", "1024", ""});
    EXPECT_EQ(lines_of(table),
              (std::vector<std::string>{"WORKER              SLOTS  NAME", "lab1                    2  first",
                                        "a-much-longer-name   1024"}));
}

TEST(Table, AlignsByWhatATerminalShows) {
    Table table({{"HOST"}, {"NAME"}});
    table.add({"estação", "x"});
    table.add({"研究室", "x"});
    table.add({"e\u0301\u0301", "x"});
    for (const std::string& line : lines_of(table)) {
        EXPECT_EQ(columns_of(line.substr(0, line.find_last_not_of("NAMEx") + 1)), 9U) << line;
    }
}

TEST(Table, HasALineForARowWhateverIsInItsCells) {
    Table table({{"WORKER"}, {"NAME"}});
    table.add({"lab1\nlab2      ready", "a\r\x1b[2Jb"});
    table.add({"", "\u202egpj.exe"});
    EXPECT_EQ(lines_of(table), (std::vector<std::string>{"WORKER                 NAME",
                                                         "lab1\\nlab2      ready  a\\r\\x1b[2Jb",
                                                         "-                      \\u202egpj.exe"}));
}

TEST(Field, KeepsFurtherLinesInItsColumn) {
    std::stringstream out;
    print_field(out, "error", "ValueError: no\nstate       succeeded\n");
    print_field(out, "a key of fifteen", "x");
    EXPECT_EQ(out.str(),
              "error       ValueError: no\n            state       succeeded\na key of fifteen x\n");
}

}  // namespace
}  // namespace nias::cli
