/// Why a bundle is not taken. A value; used by every room of job, and by httpfront and cli.
#pragma once

#include <string>

namespace nias::job {

struct Refusal {
    std::string code;    ///< for programs: one of those in docs/job.md
    std::string detail;  ///< for the researcher: sentences that say what to change
    std::string entry;   ///< the entry of the zip that it is about; may be empty
};

}  // namespace nias::job
