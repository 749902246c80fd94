#include "net/descriptors.hpp"

#include <dirent.h>
#include <sys/resource.h>

#include <memory>
#include <optional>

namespace nias::net {
namespace {

/// Nothing: the system does not say, or has none left to look with.
std::optional<std::size_t> open_descriptors() {
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/fd"), &::closedir);
    if (!folder) { return std::nullopt; }
    std::size_t count = 0;
    while (const dirent* entry = ::readdir(folder.get())) { count += entry->d_name[0] != '.' ? 1 : 0; }
    return count - 1;  // without the folder's own
}

}  // namespace

Status has_room(std::size_t needed, const std::string& for_what) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) { return {}; }
    const std::size_t open = open_descriptors().value_or(limit.rlim_cur);
    if (open + needed <= limit.rlim_cur) { return {}; }
    return Error{ErrorCode::unavailable, for_what + " needs up to " + std::to_string(needed) +
                                             " descriptors, and this process has " + std::to_string(open) +
                                             " open of " + std::to_string(limit.rlim_cur) +
                                             ": close some, or raise its limit (ulimit -n)"};
}

}  // namespace nias::net
