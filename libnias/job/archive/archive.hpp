/// The structure of a zip, judged before any library inflates it (APPNOTE 6.3.10 of PKWARE). Private to job.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "job/limits.hpp"

namespace nias::job {

/// Why an archive is not taken: a code for programs, a sentence for the researcher, the entry it is about.
struct Refusal {
    std::string code;
    std::string detail;
    std::string entry;
};

struct Member {
    std::string name;              ///< UTF-8, `/` between parts, no leading `/`; folders end in `/`
    std::uint64_t index = 0;       ///< in the directory, as libzip counts
    std::uint64_t size_bytes = 0;  ///< claimed, unpacked
    bool folder = false;
};

/// The members of an archive that tiles its file and says the same in both places, or the refusal.
[[nodiscard]] std::variant<std::vector<Member>, Refusal> scan_archive(const std::string& path,
                                                                      const BundleLimits& limits);

}  // namespace nias::job
