/// Builds one Python environment: venv, pip, pip freeze, each in a box of its own. Used by python_env.
/// Blocks its thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <nias/result.hpp>

#include "worker/host/cgroup.hpp"
#include "worker/run/log_pump.hpp"
#include "worker/runtime/runtime.hpp"
#include "worker/sandbox/sandbox.hpp"

namespace nias::worker {

struct PythonEnvSettings {
    std::string folder;       ///< absolute
    std::string wheelhouse;   ///< folder of wheels; not empty: no index and no network
    std::string index;        ///< URL; empty: pip's own
    std::string constraints;  ///< absolute path of the lab's constraints file; empty: none
    std::string named;        ///< folder of named environments, see named.hpp
    std::uint64_t max_bytes = 20ULL << 30U;
    std::uint64_t build_bytes = 20ULL << 30U;  ///< the most that one environment takes
    std::uint64_t build_ms = 30 * 60 * 1000;
    std::uint64_t index_patience_ms = 60 * 1000;  ///< how long a way to any index is sought
};

/// The contents of an environment beside the machine's own packages.
struct EnvContents {
    std::vector<std::string> packages;  ///< lines of a requirements file
    std::vector<std::string> wheels;    ///< absolute paths on this host
    /// As whom it is built, which can read the wheels; Sandbox::user() gave it.
    std::optional<JobUser> builder{};
    const Interpreter* python = nullptr;  ///< for which it is; null: the worker's
};

/// The paths of one environment: its folder `<key>/`, and beside it its lock, its requirements while it is
/// built, and `<key>.packages`. That file is written last: where it exists the environment is whole.
struct EnvPlace {
    std::string key, host, inside, lock, requirements, packages, temporary;
};

struct EnvBuild {
    const PythonEnvSettings& settings;
    const Interpreter& python;
    const Sandbox& sandbox;
    const Cgroups& cgroups;
    std::optional<JobUser> builder{};

    /// pip's words go to the log. `invalid`: the requirements cannot be met, in pip's last words. `conflict`:
    /// cancelled. Anything else is the worker's trouble. The caller holds the environment's lock.
    [[nodiscard]] Status run(const EnvPlace& place, const EnvContents& contents, LogPump& log,
                             const std::function<bool()>& cancelled) const;

private:
    [[nodiscard]] Status step(const EnvPlace& place, const std::vector<Mount>& wheels,
                              std::vector<std::string> argv, bool network, LogPump& log,
                              const std::function<bool()>& cancelled) const;
    [[nodiscard]] Status install_until_reached(const EnvPlace& place, const std::vector<Mount>& wheels,
                                               LogPump& log, const std::function<bool()>& cancelled) const;
    [[nodiscard]] Status give_to_builder(const EnvPlace& place) const;
    [[nodiscard]] std::vector<std::string> venv(const EnvPlace& place) const;
    [[nodiscard]] std::vector<std::string> install(const EnvPlace& place) const;
};

}  // namespace nias::worker
