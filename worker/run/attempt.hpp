/// One attempt at one job; its functions are the steps, in their order. Used by job_runner.
/// A resource of one thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <nias/worker.hpp>

#include "job/bundle/bundle.hpp"
#include "worker/bundles/bundle_cache.hpp"
#include "worker/host/cgroup.hpp"
#include "worker/host/machine.hpp"
#include "worker/host/processors.hpp"
#include "worker/host/room.hpp"
#include "worker/images/images.hpp"
#include "worker/prepare/attempt_context.hpp"
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
    const PythonEnvs& envs;
    const Images& images;
    Room& room;
    LabLacks& lacks;
    BundleCache& bundles;
};

class Attempt {
public:
    /// `ahead`: the task is not given yet. Then prepare() comes first, and leaves room on the disk to jobs
    /// that run; what the lab or the machine lacks is not told, because the attempt itself will find it out.
    Attempt(const Equipment& equipment, Task task, Context& context, bool ahead = false);

    /// Does the steps before the program that are left: fetch, unpack, environment. After each it asks
    /// `pause`, and stops where that is true. What it returns stops the attempt for good.
    Step prepare(const std::function<bool()>& pause = {});
    [[nodiscard]] bool is_ready() const { return prepared_ == kStepsBefore; }
    [[nodiscard]] const Task& task() const { return task_; }
    [[nodiscard]] AttemptContext& context() { return context_; }
    /// The task that was prepared for is given, as this one: run() comes next.
    void give(const Task& task, Context& context);

    /// Once. The outcome also holds the outputs where there are any.
    Outcome run();

private:
    [[nodiscard]] Step no_room_for(std::uint64_t bytes) const;
    Step fetch();
    Step unpack();
    Step grant();
    Step choose_runtime();
    Step enter_image();
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
    /// Stops an attempt at what the whole lab lacks at present: the job waits, and uses up no attempt.
    [[nodiscard]] Stop lab_lacks(Cause cause, const std::string& words);
    Step conclude(const RunEnd& end);
    void settle(const Stop& stop);
    void note(const std::string& text);
    [[nodiscard]] std::string place(const std::string& name, const std::string& wanted) const;

    static constexpr std::size_t kStepsBefore = 3;  ///< steps that prepare() does

    const Equipment equipment_;
    Task task_;
    AttemptContext context_;
    LogPump log_;
    Outcome outcome_;
    JobUserLease
        user_;  ///< goes after the folder, so that nobody else has the user while files of it are there
    std::size_t prepared_ = 0;  ///< number of steps that prepare() has done
    bool ended_ = true;         ///< no process of the job can be left, so that its files may be read
    std::optional<WorkFolder> folder_;
    std::optional<ProgressFile> progress_;
    timespec begun_{};  ///< by the clock of the folder's file system; zero: the program never began
    job::Layout layout_;
    std::optional<HeldImage> image_;
    std::shared_ptr<const Runtime> runtime_;
    std::optional<PythonEnv> env_;
    Limits limits_;
    Program program_;
    Provenance how_;
};

}  // namespace nias::worker
