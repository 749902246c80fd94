/// The keys that a client's options name. Used by worker, submitter and watcher as they open.
#pragma once

#include <optional>
#include <string>

#include <nias/keys.hpp>

namespace nias::service {

/// Reads the keys of the file; nothing where `path` is empty. `invalid`: they are those of another role.
[[nodiscard]] Result<std::optional<Keys>> keys_of(const std::string& path, Role role);

}  // namespace nias::service
