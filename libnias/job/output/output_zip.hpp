/// output.zip: what a program wrote under output/, packed by the worker and read by httpfront and cli.
/// Functions without state; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <nias/task.hpp>

#include "job/limits.hpp"

namespace nias::job {

/// A file to be put into the zip besides those of the folder (nias-job.json).
struct ExtraFile {
    std::string name;
    std::string content;
};

struct Packed {
    std::size_t files = 0;
    std::uint64_t bytes = 0;         ///< before compression
    std::vector<std::string> notes;  ///< what was skipped and why: links, devices, past the limits
};

/// Packs the tree under `output_folder` into a zip at `zip_path` (made anew). The folder may have been
/// written by a hostile program: paths resolve below `job_folder_fd` with openat2 (RESOLVE_BENEATH,
/// NO_SYMLINKS), only regular files with one link are taken. Call it when every process of the job is gone.
/// Where `output_folder` (relative to the descriptor) does not exist, the zip holds the extra files alone.
[[nodiscard]] Result<Packed> pack_output(int job_folder_fd, const std::string& output_folder,
                                         const std::vector<ExtraFile>& extra, const std::string& zip_path,
                                         const OutputLimits& limits = {});

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
