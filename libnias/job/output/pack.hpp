/// Packs what a program wrote, wherever it wrote it in its folder. Used by the worker when every process of
/// the job is gone. A function without state; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nias/result.hpp>

#include "job/limits.hpp"

namespace nias::job {

/// A file to be put into the zip besides those of the folder (nias-job.json).
struct ExtraFile {
    std::string name;
    std::string content;
};

/// Where a job's files are. The program may be hostile: every path resolves below the descriptor with
/// openat2.
struct JobFolder {
    int descriptor = -1;
    std::string inside = "/job";  ///< the folder's path as the program saw it, for links that name it
    /// When the program began, by the clock of the folder's file system. Files beside `output/` that changed
    /// after it are the program's. 0: none are sought.
    std::int64_t begun_s = 0;
    std::int64_t begun_ns = 0;
};

struct Packed {
    std::size_t files = 0;
    std::uint64_t bytes = 0;  ///< before compression
    std::vector<std::string>
        notes;  ///< what came back under another name, and what did not come back and why
};

/// The folder in the zip for what was written beside `output/`.
inline constexpr auto kBesideOutput = "beside-output/";

/// Packs `output/` and what else the program wrote into a zip at `zip_path` (made anew). Files with several
/// names come back under each of them, links to files of the job as files. A name that is no text of UTF-8,
/// or that holds `\` or control characters, is mended. Where there is nothing, the zip holds the extra files
/// alone. Each file is read once; one that does not shrink is stored.
[[nodiscard]] Result<Packed> pack_output(const JobFolder& job, const std::vector<ExtraFile>& extra,
                                         const std::string& zip_path, const OutputLimits& limits = {});

}  // namespace nias::job
