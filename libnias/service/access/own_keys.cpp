#include "service/access/own_keys.hpp"

namespace nias::service {

Result<std::optional<Keys>> keys_of(const std::string& path, Role role) {
    if (path.empty()) { return std::optional<Keys>(); }
    auto keys = Keys::read(path);
    if (!keys) { return keys.error(); }
    // A submitter is admitted wherever a watcher is, so that one key does for a program that is both.
    const bool does = keys->role == role || (role == Role::watcher && keys->role == Role::submitter);
    if (!does) {
        const std::string wanted(to_string(role));
        return Error{ErrorCode::invalid, path + " is the key of a " + std::string(to_string(keys->role)) +
                                             ", and this is a " + wanted + ": make one with «nias enroll " +
                                             wanted + "»"};
    }
    return std::optional<Keys>(std::move(*keys));
}

}  // namespace nias::service
