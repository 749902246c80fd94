/// nias-job.json, beside the outputs: how they came to be, so that they can come to be again.
/// Used by job_runner. A pure function.
#pragma once

#include <string>

#include <nias/task.hpp>

#include "worker/machine.hpp"

namespace nias::worker {

struct Provenance {
    std::string entry, runtime;
    std::string interpreter, version;  ///< path and version
    std::string packages;              ///< pip freeze, a line each; empty without an environment
    std::string sandbox;
    bool network = false;
    std::uint32_t cpus = 0;          ///< granted
    std::uint64_t memory_bytes = 0;  ///< limits, 0: none
    std::uint64_t time_limit_ms = 0;
};

[[nodiscard]] std::string provenance_json(const Task& task, const Provenance& how, const Outcome& outcome,
                                          const Machine& machine);

}  // namespace nias::worker
