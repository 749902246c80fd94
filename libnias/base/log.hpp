/// Structured logs, on stderr one line an event, `time level component message`, or in the hands of the
/// program's own hook (nias/log.hpp). A message with line ends or escapes in it is written as visible() shows
/// it. Any thread.
#pragma once

#include <string_view>

#include <nias/log.hpp>

namespace nias::log {

using Level = LogLevel;

/// Names the program in each line on stderr and sets the least level that is written. Call once, at start.
void start(std::string_view component, Level least);
/// Does the work of set_log().
void redirect(LogHook hook, Level least);
[[nodiscard]] bool parse_level(std::string_view text, Level& out);

void debug(std::string_view message);
void info(std::string_view message);
void warn(std::string_view message);
void error(std::string_view message);

}  // namespace nias::log
