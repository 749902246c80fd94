#include "worker/run/job_runner.hpp"

#include <filesystem>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "worker/run/attempt.hpp"
#include "worker/run/work_folder.hpp"

namespace nias::worker {

namespace fs = std::filesystem;

namespace {

std::vector<std::string> folders_of(const RunnerSettings& settings) {
    std::vector<std::string> folders{settings.work};
    folders.insert(folders.end(), settings.also_written.begin(), settings.also_written.end());
    return folders;
}

/// The Python of this machine, for which environments are built where no image brings its own.
Interpreter python_of(const Runtimes& runtimes) {
    const Runtime* const python = runtimes.that_takes_requirements();
    return python == nullptr ? Interpreter{} : python->interpreter();
}

}  // namespace

JobRunner::JobRunner(RunnerSettings settings, Runtimes runtimes, const Sandbox& sandbox,
                     const Cgroups& cgroups)
    : settings_(std::move(settings)),
      runtimes_(std::move(runtimes)),
      sandbox_(sandbox),
      cgroups_(cgroups),
      machine_(this_machine()),
      envs_(settings_.envs, python_of(runtimes_), sandbox_, cgroups_),
      images_(settings_.images, sandbox_, cgroups_),
      room_(folders_of(settings_)),
      lacks_(settings_.retry_s, settings_.retry_most_s),
      bundles_(settings_.bundles, settings_.bundles_max_bytes) {}

Equipment JobRunner::equipment() const {
    return {.settings = settings_,
            .runtimes = runtimes_,
            .sandbox = sandbox_,
            .cgroups = cgroups_,
            .machine = machine_,
            .processors = processors_,
            .envs = envs_,
            .images = images_,
            .room = room_,
            .lacks = lacks_,
            .bundles = bundles_};
}

Outcome JobRunner::run(const Task& task, Context& context) const {
    if (const auto ready = ready_.take(task, context)) { return ready->run(); }
    return Attempt(equipment(), task, context).run();
}

void JobRunner::prepare(const Task& task, Context& context) const {
    ready_.prepare(equipment(), task, context);
}

void JobRunner::unprepare(const TaskId& id) const { ready_.drop(id); }

std::string JobRunner::unfit() const { return room_.missing(now()); }

void JobRunner::clean() const {
    std::error_code error;
    fs::create_directories(settings_.work, error);
    for (const auto& entry : fs::directory_iterator(settings_.work, error)) {
        if (auto gone = remove_tree(entry.path().string()); !gone) { log::warn(gone.error().message); }
    }
}

}  // namespace nias::worker
