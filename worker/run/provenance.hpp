/// nias-job.json, beside the outputs: how they came to be, so that they can come to be again.
/// Used by attempt. A pure function.
#pragma once

#include <string>

#include <nias/task.hpp>

#include "worker/host/limits.hpp"
#include "worker/host/machine.hpp"

namespace nias::worker {

struct Provenance {
    std::string entry, runtime;
    std::string interpreter, version;  ///< path and version
    std::string image, image_digest;   ///< empty: the machine's own system
    std::string packages;              ///< pip freeze, a line each; empty without an environment
    std::string sandbox;
    Limits limits;
};

[[nodiscard]] std::string provenance_json(const Task& task, const Provenance& how, const Outcome& outcome,
                                          const Machine& machine);

}  // namespace nias::worker
