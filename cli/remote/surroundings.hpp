/// Reads the environment of the person at the command line: variables (a token is no option, since everybody
/// can read the arguments of a program), and the folders of settings and of what may be lost. Used by login
/// and upload. Any thread.
#pragma once

#include <string>

namespace nias::cli {

/// Empty where it is not set.
[[nodiscard]] std::string variable(const char* name);
[[nodiscard]] std::string settings_folder();  ///< XDG_CONFIG_HOME, else ~/.config
[[nodiscard]] std::string cache_folder();     ///< XDG_CACHE_HOME, else ~/.cache

}  // namespace nias::cli
