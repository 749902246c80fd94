/// Virtual environments by what is in them: built once, shared read-only, the least recently used removed.
/// Used by run. Any thread; processes share the folder by locks on its files.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <nias/result.hpp>

#include "worker/env/build.hpp"
#include "worker/host/cgroup.hpp"
#include "worker/run/log_pump.hpp"
#include "worker/runtime/runtime.hpp"
#include "worker/sandbox/sandbox.hpp"

namespace nias::worker {

/// An environment that stays as long as this lives.
struct PythonEnv {
    std::string host;
    std::string inside;    ///< where it is to be mounted: its scripts name this path
    std::string packages;  ///< what pip freeze says of it
    Descriptor lock;
};

class PythonEnvs {
public:
    PythonEnvs(PythonEnvSettings settings, Interpreter python, const Sandbox& sandbox,
               const Cgroups& cgroups);

    /// Builds it where it is not there yet; pip's words go to the log. `invalid`: the requirements cannot be
    /// met, in pip's last words. `conflict`: cancelled. Anything else is the worker's trouble.
    [[nodiscard]] Result<PythonEnv> obtain(const EnvContents& contents, LogPump& log,
                                           const std::function<bool()>& cancelled) const;

private:
    [[nodiscard]] Result<EnvPlace> place_of(const EnvContents& contents) const;
    void evict(const std::string& keep) const;

    PythonEnvSettings settings_;
    Interpreter python_;
    const Sandbox& sandbox_;
    const Cgroups& cgroups_;
};

}  // namespace nias::worker
