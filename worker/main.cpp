// nias-worker: options, lock, wiring. The work is run/job_runner.cpp, the conversation
// libnias/service/worker/worker.cpp.
#include <unistd.h>

#include <memory>

#include "base/host/memory.hpp"
#include "base/host/process_lock.hpp"
#include "base/log.hpp"
#include "daemon/program.hpp"
#include "worker/host/machine.hpp"
#include "worker/images/offers.hpp"
#include "worker/options.hpp"
#include "worker/run/job_runner.hpp"

namespace {

/// Where nobody asked for it, a machine that cannot give its jobs internet gives them no network, and says
/// so.
nias::Result<std::optional<nias::worker::Internet>> way_to_internet(const nias::worker::Options& options,
                                                                    nias::worker::RunnerSettings& settings) {
    using namespace nias;
    std::optional<worker::Internet> none;
    if (settings.network != worker::Network::internet) { return none; }
    auto found = worker::Internet::find(settings.network_allowed);
    if (found) { return std::optional(std::move(*found)); }
    if (!options.job_network.empty()) {
        return Error{found.error().code, "--job-network internet: " + found.error().message};
    }
    log::warn("jobs have no network: " + found.error().message);
    settings.network = worker::Network::none;
    return none;
}

}  // namespace

int main(int argc, char** argv) {
    using namespace nias;
    daemon::hold_signals();
    keep_freed_memory();
    constexpr auto kName = "nias-worker";
    worker::Options options;
    for (std::string* address :
         {&options.service.control, &options.service.outcomes, &options.service.bulk}) {
        address->clear();
    }
    daemon::Options program(kName,
                            "Runs jobs: takes them from a ventilator, gives what they came to to a sink.");
    daemon::declare(program, options);
    if (const auto code = program.parse(argc, argv)) { return *code; }
    auto settings = worker::complete(options);
    if (!settings) { return daemon::report(kName, settings.error()); }
    const std::string lock_path = options.data + "/run/worker-" + options.service.name + ".lock";
    const auto lock = ProcessLock::acquire(lock_path);
    if (!lock) { return daemon::report(kName, lock.error()); }
    options.service.home = worker::home_of(lock_path);

    std::unique_ptr<worker::Sandbox> sandbox = worker::make_no_sandbox();
    if (options.sandbox == "bwrap") {
        auto internet = way_to_internet(options, *settings);
        if (!internet) { return daemon::report(kName, internet.error()); }
        auto made = worker::make_bwrap(settings->job_users, std::move(*internet), settings->boxes);
        if (!made) { return daemon::report(kName, made.error()); }
        sandbox = std::move(*made);
    } else {
        log::warn("--sandbox none: jobs run as this user and may do all that it may do");
    }
    if (::geteuid() == 0) {
        log::warn(
            "running as root: jobs have users of their own, but a user of its own for the worker is safer");
    }
    const auto cgroups = worker::Cgroups::find(options.service.name);
    log::info(cgroups.words());
    const auto runtimes = worker::find_runtimes({.pythons = options.python,
                                                 .octave = options.octave,
                                                 .matlab = options.matlab,
                                                 .matlab_licence = options.matlab_licence,
                                                 .r = options.r});
    for (const std::string& words : runtimes.missing) { log::warn(words); }
    // An image is entered by a box alone.
    worker::Offers offers(runtimes, settings->envs.named,
                          options.sandbox == "bwrap" ? settings->images : std::string());
    options.service.offers = [&offers] { return offers.names(); };
    options.service.runtimes = options.service.offers();
    // Without control groups the bound is one of addresses, of which programs reserve more than they use.
    if (options.default_memory.empty() && !cgroups.limits_memory()) { settings->default_memory_bytes = 0; }
    auto notices = runtimes.notices();
    notices.insert(notices.begin(), worker::defaults_in_words(*settings));
    for (const std::string& words : notices) {
        if (options.service.labels.size() < worker::kLabelsMax) { options.service.labels.push_back(words); }
    }
    if (options.service.runtimes.empty()) {
        return daemon::report(
            kName,
            {ErrorCode::unavailable, "this machine can run nothing: install python3, octave or r-base-core"});
    }

    const bool prepares = settings->prepares;
    const worker::JobRunner runner(std::move(*settings), runtimes, *sandbox, cgroups);
    runner.clean();
    options.service.unfit = [&runner] { return runner.unfit(); };
    if (prepares) {
        options.service.prepare = [&runner](const Task& task, Context& context) {
            runner.prepare(task, context);
        };
        options.service.unprepare = [&runner](const TaskId& id) { runner.unprepare(id); };
    }
    auto service = Worker::open(options.service);
    if (!service) { return daemon::report(kName, service.error()); }
    log::info("worker " + options.service.name + ", " + std::to_string(options.service.slots) +
              " slots, control " + options.service.control);
    bool refused = false;
    const int code = daemon::run_until_signal(
        [&] {
            auto ended = service->run_jobs(
                [&](const Task& task, Context& context) { return runner.run(task, context); });
            refused = !ended &&
                      (ended.error().code == ErrorCode::conflict || ended.error().code == ErrorCode::denied);
            return ended;
        },
        [&] { service->stop(); });
    return refused ? daemon::kRefusedExit : code;
}
