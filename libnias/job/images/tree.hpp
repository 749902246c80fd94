/// The files of an image as a folder of this machine. Used by cli, which makes such folders, and by the
/// worker. Functions without state; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nias/result.hpp>

namespace nias::job {

/// Makes a tree that was unpacked fit for boxes. Devices, sockets and pipes are removed, and so are the bits
/// that let a program act as its owner: in a box they do nothing, and on the machine they would be a danger.
/// `/etc` gets the files over which a box puts its own, and the user as whom jobs run there. `invalid`: it
/// holds no programs, so it is not the root of a system.
[[nodiscard]] Status prepare_tree(const std::string& root);

/// The path of a file as the programs of the tree see it, followed through links that stay in the tree; empty
/// where it leads to no regular file.
[[nodiscard]] std::string file_in_tree(const std::string& root, std::string_view path);

/// The first of the folders of `path` (as PATH: `/usr/bin:/bin`) that has the program; empty: none has it.
[[nodiscard]] std::string program_in_tree(const std::string& root, std::string_view path,
                                          std::string_view name);

}  // namespace nias::job
