/// HOME OF THE BOUNDS of what a researcher sends and gets back. Used by job, worker, httpfront and cli.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nias::job {

/// Judged on what the archive's directory claims, before anything is inflated.
struct BundleLimits {
    std::uint64_t unpacked_bytes = 4ULL << 30U;
    std::size_t members = 20'000;
    std::size_t directory_bytes = 8U << 20U;
    std::size_t depth = 32;
    std::size_t component_bytes = 255;
    std::size_t path_bytes = 1024;
};

struct OutputLimits {
    std::uint64_t bytes = 4ULL << 30U;
    std::size_t entries = 20'000;
    std::size_t depth = 32;
    std::size_t notes = 60;
    std::uint64_t beside_bytes = 1ULL << 30U;  ///< bytes of files written beside output/
    std::size_t beside_entries = 2'000;
};

}  // namespace nias::job
