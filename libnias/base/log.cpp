#include "base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/unicode.hpp"

namespace nias::log {

namespace {

// spdlog's registry is the one place where a logger lives; a program that never starts one hears warnings
// only. The first words of several threads at once start it once.
constexpr auto kLogger = "nias";
std::shared_ptr<spdlog::logger> logger() {
    if (auto started = spdlog::get(kLogger)) { return started; }
    [[maybe_unused]] static const bool kStarted = [] {
        if (!spdlog::get(kLogger)) { start(kLogger, Level::warn); }
        return true;
    }();
    return spdlog::get(kLogger);
}

}  // namespace

void start(std::string_view component, Level least) {
    auto made = std::make_shared<spdlog::logger>(kLogger, std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l " + std::string(component) + " %v",
                      spdlog::pattern_time_type::utc);
    constexpr spdlog::level::level_enum levels[] = {spdlog::level::debug, spdlog::level::info,
                                                    spdlog::level::warn, spdlog::level::err};
    made->set_level(levels[static_cast<int>(least)]);
    made->flush_on(spdlog::level::debug);
    spdlog::drop(kLogger);
    spdlog::register_logger(std::move(made));
}

bool parse_level(std::string_view text, Level& out) {
    constexpr std::string_view names[] = {"debug", "info", "warn", "error"};
    for (int i = 0; i < 4; ++i) {
        if (text == names[i]) {
            out = static_cast<Level>(i);
            return true;
        }
    }
    return false;
}

// A message holds names that peers and researchers chose: none of them begins a line of its own here.
void debug(std::string_view message) {
    if (auto log = logger(); log->should_log(spdlog::level::debug)) { log->debug(visible(message)); }
}
void info(std::string_view message) { logger()->info(visible(message)); }
void warn(std::string_view message) { logger()->warn(visible(message)); }
void error(std::string_view message) { logger()->error(visible(message)); }

}  // namespace nias::log
