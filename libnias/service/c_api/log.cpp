// The log hook of <nias/c.h>, over <nias/log.hpp>.
#include <algorithm>
#include <string>

#include <nias/log.hpp>

#include "service/c_api/boundary.hpp"

using namespace nias;

static_assert(static_cast<int>(LogLevel::debug) == NIAS_LOG_DEBUG &&
              static_cast<int>(LogLevel::info) == NIAS_LOG_INFO &&
              static_cast<int>(LogLevel::warn) == NIAS_LOG_WARN &&
              static_cast<int>(LogLevel::error) == NIAS_LOG_ERROR);

void nias_set_log(nias_log_hook hook, void* user, nias_log_level least) {
    service::c_api::guarded(nullptr, [&]() -> Status {
        const auto from = static_cast<LogLevel>(std::clamp<int>(least, NIAS_LOG_DEBUG, NIAS_LOG_ERROR));
        if (hook == nullptr) {
            set_log({}, from);
            return {};
        }
        set_log(
            [hook, user](LogLevel level, std::string_view line) {
                hook(static_cast<nias_log_level>(level), std::string(line).c_str(), user);
            },
            from);
        return {};
    });
}
