/// Structured logs on stderr: one line an event, `time level component message`; a
/// message with line ends or escapes in it is written as visible() shows it. Any thread.
#pragma once

#include <string_view>

namespace nias::log {

enum class Level { debug, info, warn, error };

/// Names the program in each line and sets the least level that is written. Call once, at start.
void start(std::string_view component, Level least);
[[nodiscard]] bool parse_level(std::string_view text, Level& out);

void debug(std::string_view message);
void info(std::string_view message);
void warn(std::string_view message);
void error(std::string_view message);

}  // namespace nias::log
