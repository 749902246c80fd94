/// Runs one job: fetch → unpack → environment → sandbox → output → store. Used by main as the Worker's
/// handler. Any thread; a call is one attempt and leaves nothing behind but its outcome.
#pragma once

#include <nias/worker.hpp>

#include "worker/bundles/bundle_cache.hpp"
#include "worker/host/cgroup.hpp"
#include "worker/host/machine.hpp"
#include "worker/host/processors.hpp"
#include "worker/host/room.hpp"
#include "worker/images/images.hpp"
#include "worker/prepare/ready_jobs.hpp"
#include "worker/run/lab_lacks.hpp"
#include "worker/run/settings.hpp"
#include "worker/runtime/runtimes.hpp"
#include "worker/sandbox/sandbox.hpp"

namespace nias::worker {

class JobRunner {
public:
    JobRunner(RunnerSettings settings, Runtimes runtimes, const Sandbox& sandbox, const Cgroups& cgroups);

    [[nodiscard]] Outcome run(const Task& task, Context& context) const;
    /// Makes a job ready that may come next; run() of that job uses it. What is left when this object goes is
    /// removed.
    void prepare(const Task& task, Context& context) const;
    /// Removes what prepare() made of this job and run() did not use.
    void unprepare(const TaskId& id) const;
    /// Removes what a killed worker left under `work`. Once, before the first run.
    void clean() const;
    /// Why this machine can begin no job just now, in a sentence; empty: it can.
    [[nodiscard]] std::string unfit() const;

private:
    [[nodiscard]] Equipment equipment() const;

    RunnerSettings settings_;
    Runtimes runtimes_;
    const Sandbox& sandbox_;
    const Cgroups& cgroups_;
    Machine machine_;
    mutable Processors processors_;
    PythonEnvs envs_;
    Images images_;
    mutable Room room_;
    mutable LabLacks lacks_;
    mutable BundleCache bundles_;
    mutable ReadyJobs ready_;
};

}  // namespace nias::worker
