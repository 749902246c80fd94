/// Writes files that survive a loss of power: the bytes are synced, and so is the folder that names them.
/// Used by net, store, service and httpfront. Any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <nias/result.hpp>

namespace nias {

/// How write_synced() treats a file that is there already.
enum class IfThere { overwrite, refuse };

/// Writes a file of mode 0600 and syncs its bytes; sync_folder() afterwards makes its name last. On an error
/// the file is removed, so what must not be lost is written beside and renamed. `conflict`: it is there and
/// that is refused; `overloaded`: the disk is full; `unavailable`: all else that the system refuses.
[[nodiscard]] Status write_synced(const std::string& path, std::span<const std::uint8_t> bytes,
                                  IfThere if_there);
[[nodiscard]] Status write_synced(const std::string& path, std::string_view text, IfThere if_there);

/// Makes the names in a folder last: what was created, renamed or removed there before. An empty path is the
/// working directory. `unavailable`: the folder cannot be opened or synced.
[[nodiscard]] Status sync_folder(const std::string& path);

}  // namespace nias
