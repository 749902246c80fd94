/// Runs one job: fetch → unpack → environment → sandbox → output → store. Used by main as the Worker's
/// handler. Any thread; a call is one attempt and leaves nothing behind but its outcome.
#pragma once

#include <optional>
#include <string>

#include <nias/worker.hpp>

#include "worker/cgroup.hpp"
#include "worker/machine.hpp"
#include "worker/python_env.hpp"
#include "worker/runtimes.hpp"
#include "worker/sandbox.hpp"

namespace nias::worker {

struct RunnerSettings {
    std::string work;  ///< absolute; a folder an attempt below it
    PythonEnvSettings envs;
    std::uint64_t max_log_bytes = 0;
    std::uint64_t default_memory_bytes = 0;  ///< for jobs that name none; 0: none
    std::uint64_t default_time_ms = 0;
    std::uint64_t grace_ms = 10'000;  ///< from TERM to KILL
    bool network = false;             ///< jobs that did not decline it get the host's network
};

class JobRunner {
public:
    JobRunner(RunnerSettings settings, Runtimes runtimes, const Sandbox& sandbox, const Cgroups& cgroups);

    [[nodiscard]] Outcome run(const Task& task, Context& context) const;
    /// Removes what a killed worker left under `work`. Once, before the first run.
    void clean() const;

private:
    class Attempt;
    RunnerSettings settings_;
    Runtimes runtimes_;
    const Sandbox& sandbox_;
    const Cgroups& cgroups_;
    Machine machine_;
    std::optional<PythonEnvs> envs_;
};

}  // namespace nias::worker
