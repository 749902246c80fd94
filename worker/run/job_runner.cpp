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

}  // namespace

JobRunner::JobRunner(RunnerSettings settings, Runtimes runtimes, const Sandbox& sandbox,
                     const Cgroups& cgroups)
    : settings_(std::move(settings)),
      runtimes_(std::move(runtimes)),
      sandbox_(sandbox),
      cgroups_(cgroups),
      machine_(this_machine()),
      room_(folders_of(settings_)),
      bundles_(settings_.bundles, settings_.bundles_max_bytes) {
    if (const Runtime* python = runtimes_.that_takes_requirements()) {
        envs_.emplace(settings_.envs, python->interpreter(), sandbox_, cgroups_);
    }
}

Equipment JobRunner::equipment() const {
    return {.settings = settings_,
            .runtimes = runtimes_,
            .sandbox = sandbox_,
            .cgroups = cgroups_,
            .machine = machine_,
            .processors = processors_,
            .envs = envs_ ? &*envs_ : nullptr,
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

std::string JobRunner::unfit() const {
    const Time time = now();
    std::string missing = room_.missing(time);
    return missing.empty() ? lacks_.missing(time) : missing;
}

void JobRunner::clean() const {
    std::error_code error;
    fs::create_directories(settings_.work, error);
    for (const auto& entry : fs::directory_iterator(settings_.work, error)) {
        if (auto gone = remove_tree(entry.path().string()); !gone) { log::warn(gone.error().message); }
    }
}

}  // namespace nias::worker
