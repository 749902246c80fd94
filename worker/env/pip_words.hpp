/// Why pip failed, as pip's own words tell. Used by build. A pure function.
#pragma once

#include <string>
#include <string_view>

namespace nias::worker {

struct PipFailure {
    bool unreachable = false;  ///< the index did not answer: the lab's fault, not that of the requirements
    bool no_way = false;       ///< its name does not resolve, or the machine has no network at all
    std::string words;         ///< why it was unreachable, or pip's error: a conflict with both requirements
};

[[nodiscard]] PipFailure pip_failure(std::string_view said);

}  // namespace nias::worker
