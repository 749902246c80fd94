#include "base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace nias::log {

void start(std::string_view component, Level least) {
    auto logger = std::make_shared<spdlog::logger>(std::string(component), std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %n %v", spdlog::pattern_time_type::utc);
    constexpr spdlog::level::level_enum levels[] = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn, spdlog::level::err};
    logger->set_level(levels[static_cast<int>(least)]);
    logger->flush_on(spdlog::level::debug);
    spdlog::set_default_logger(std::move(logger));
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

void debug(std::string_view message) { spdlog::debug(message); }
void info(std::string_view message) { spdlog::info(message); }
void warn(std::string_view message) { spdlog::warn(message); }
void error(std::string_view message) { spdlog::error(message); }

}  // namespace nias::log
