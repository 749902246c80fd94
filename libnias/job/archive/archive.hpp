/// The structure of a zip, judged before any library inflates it (APPNOTE 6.3.10 of PKWARE). Private to job.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nias/result.hpp>

#include "job/archive/refusal.hpp"
#include "job/limits.hpp"

namespace nias::job {

struct Member {
    std::string name;              ///< UTF-8, `/` between parts, no leading `/`; folders end in `/`
    std::uint64_t index = 0;       ///< in the directory, as libzip counts
    std::uint64_t size_bytes = 0;  ///< claimed, unpacked
    bool folder = false;
};

struct Archive {
    std::vector<Member> members;  ///< all that may be unpacked
    std::vector<std::string>
        mended;                 ///< sentences: names that were read in another way than they stand there
    std::size_t leavings = 0;   ///< entries that systems and tools left behind, in no member
    std::string first_leaving;  ///< one of them, as an example
};

/// Reads the entries of an archive that tiles its file and says the same in both places, or gives the
/// refusal.
[[nodiscard]] Result<Archive, Refusal> scan_archive(const std::string& path, const BundleLimits& limits);

}  // namespace nias::job
