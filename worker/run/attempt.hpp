/// One attempt at one job; its functions are the steps, in their order. Used by job_runner.
/// A resource of one thread.
#pragma once

#include <optional>
#include <string>

#include <nias/worker.hpp>

#include "job/bundle/bundle.hpp"
#include "worker/bundles/bundle_cache.hpp"
#include "worker/host/cgroup.hpp"
#include "worker/host/machine.hpp"
#include "worker/host/processors.hpp"
#include "worker/host/room.hpp"
#include "worker/run/ends.hpp"
#include "worker/run/lab_lacks.hpp"
#include "worker/run/log_pump.hpp"
#include "worker/run/progress.hpp"
#include "worker/run/provenance.hpp"
#include "worker/run/settings.hpp"
#include "worker/run/work_folder.hpp"
#include "worker/runtime/runtimes.hpp"
#include "worker/sandbox/sandbox.hpp"

namespace nias::worker {

/// The parts of the worker that all attempts share; they outlive every attempt.
struct Equipment {
    const RunnerSettings& settings;
    const Runtimes& runtimes;
    const Sandbox& sandbox;
    const Cgroups& cgroups;
    const Machine& machine;
    Processors& processors;
    const PythonEnvs* envs;  ///< null where no runtime takes requirements
    Room& room;
    LabLacks& lacks;
    BundleCache& bundles;
};

class Attempt {
public:
    Attempt(const Equipment& equipment, const Task& task, Context& context);

    /// Once. The outcome also holds the outputs where there are any.
    Outcome run();

private:
    Step fetch();
    Step unpack();
    Step grant();
    Step fresh_output();
    [[nodiscard]] Status hand_over(const std::string& name) const;
    Step environment();
    Step program();
    void pack_and_store();

    [[nodiscard]] Box make_box() const;
    [[nodiscard]] std::vector<std::string> files_of_job() const;
    /// Stops a step that could not write `bytes` into the attempt's folder. A disk without room is the
    /// machine's trouble: it rests until there is more.
    [[nodiscard]] Stop not_written(Cause cause, const Error& error, std::uint64_t bytes) const;
    /// Says that the disk has less room than `needed` bytes, and that the job has taken it: its folder holds
    /// as much as is free on a machine that begins jobs. Empty: neither is so.
    [[nodiscard]] std::string filled_disk(std::uint64_t needed) const;
    [[nodiscard]] Stop wrong_bundle(const std::string& words) const;
    Step conclude(const RunEnd& end);
    void settle(const Stop& stop);
    void note(const std::string& text);
    [[nodiscard]] std::string place(const std::string& name, const std::string& wanted) const;

    const Equipment& equipment_;
    const Task& task_;
    Context& context_;
    LogPump log_;
    Outcome outcome_;
    JobUserLease
        user_;  ///< goes after the folder, so that nobody else has the user while files of it are there
    bool ended_ = true;  ///< no process of the job can be left, so that its files may be read
    std::optional<WorkFolder> folder_;
    std::optional<ProgressFile> progress_;
    timespec begun_{};  ///< by the clock of the folder's file system; zero: the program never began
    job::Layout layout_;
    const Runtime* runtime_ = nullptr;
    std::optional<PythonEnv> env_;
    Limits limits_;
    Program program_;
    Provenance how_;
};

}  // namespace nias::worker
