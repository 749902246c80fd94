/// output.zip as pack.hpp makes it, read by httpfront and cli.
/// Functions without state; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <nias/result.hpp>

namespace nias::job {

struct ZipEntry {
    std::string path;
    std::uint64_t size_bytes = 0;
};

/// Regular files of a zip that pack_output() made, by path. This and the next two: `corrupt` where it is not
/// as it was made, `unavailable` where it cannot be read.
[[nodiscard]] Result<std::vector<ZipEntry>> list_zip(const std::string& zip_path);

/// Hands one file to `take` in pieces of at most 64 KiB; stops early where `take` returns false.
/// `not_found` where the zip has no such file.
[[nodiscard]] Status read_zip_entry(const std::string& zip_path, const std::string& entry,
                                    const std::function<bool(std::span<const char>)>& take);

/// Writes every file of the zip below `folder`, which is made where it is missing.
[[nodiscard]] Status unpack_output(const std::string& zip_path, const std::string& folder);

}  // namespace nias::job
