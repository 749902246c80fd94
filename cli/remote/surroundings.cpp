#include "cli/remote/surroundings.hpp"

#include <cstdlib>

namespace nias::cli {

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

std::string settings_folder() {
    const auto folder = variable("XDG_CONFIG_HOME");
    return folder.empty() ? variable("HOME") + "/.config" : folder;
}

std::string cache_folder() {
    const auto folder = variable("XDG_CACHE_HOME");
    return folder.empty() ? variable("HOME") + "/.cache" : folder;
}

}  // namespace nias::cli
