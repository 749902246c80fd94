// nias up: the server of one machine. Starts the four daemons over ipc, restarts one that dies, stops them in
// order.
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iostream>

#include <nias/ventilator.hpp>

#include "base/host/process_lock.hpp"
#include "base/log.hpp"
#include "base/numbers.hpp"
#include "cli/server/child.hpp"
#include "cli/verbs.hpp"
#include "daemon/front_flags.hpp"
#include "daemon/program.hpp"
#include "daemon/worker_flags.hpp"

namespace nias::cli {
namespace {

constexpr auto kProgram = "nias up";
constexpr std::chrono::seconds kReadyWithin{60};
constexpr std::chrono::seconds kStopWithin{15};

constexpr auto kServers = "nias-ventilator and nias-sink";  // they have no options but the log level of all
constexpr auto kWorker = "nias-worker";
constexpr auto kFront = "nias-httpfront";

/// The options of the server as a whole, and those that go to one of its daemons as they were given.
struct UpOptions {
    std::string data = "./nias-data";
    std::string machines;
    std::vector<std::string> resource;
    bool matlab_only = false;
    std::uint64_t port = 8080;
    std::uint64_t drain_s = 10;
    std::uint64_t lease_max_s = VentilatorOptions{}.lease_max_s;
    std::vector<std::string> servers, worker, front;
};

std::string programs_folder() {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
}

std::vector<std::string> server_args(const UpOptions& options) {
    std::vector<std::string> args{"--data", options.data};
    if (!options.machines.empty()) { args.insert(args.end(), {"--machines", options.machines}); }
    args.insert(args.end(), options.servers.begin(), options.servers.end());
    return args;
}

std::vector<std::string> worker_args(const UpOptions& options) {
    std::vector<std::string> args{"--data", options.data, "--drain-timeout", std::to_string(options.drain_s)};
    args.insert(args.end(), options.worker.begin(), options.worker.end());
    return args;
}

std::vector<std::string> ventilator_args(const UpOptions& options) {
    std::vector<std::string> args = server_args(options);
    args.insert(args.end(), {"--lease-max", std::to_string(options.lease_max_s)});
    for (const std::string& resource : options.resource) {
        args.insert(args.end(), {"--resource", resource});
    }
    if (options.matlab_only) { args.emplace_back("--matlab-only"); }
    return args;
}

std::vector<std::string> front_args(const UpOptions& options) {
    std::vector<std::string> args{"--data", options.data, "--port", std::to_string(options.port)};
    args.insert(args.end(), options.front.begin(), options.front.end());
    return args;
}

/// The four children and what happens to them. Nothing is decided anywhere else.
class Supervisor {
public:
    Supervisor(UpOptions options, int signals) : options_(std::move(options)), signals_(signals) {
        const std::string bin = programs_folder() + "/nias-";
        const std::string run = options_.data + "/run";
        children_.emplace_back("ventilator", bin + "ventilator", ventilator_args(options_), run);
        children_.emplace_back("sink", bin + "sink", server_args(options_), run);
        children_.emplace_back("worker", bin + "worker", worker_args(options_), run);
        children_.emplace_back("httpfront", bin + "httpfront", front_args(options_), run);
    }

    /// Starts them and serves until a signal. Returns the exit code.
    int run() {
        if (!start_all()) { return 1; }
        if (!stopping_) {
            keep_port();
            std::cout << "NIAS is running: " << url_ << std::endl;
        }
        while (!stopping_) {
            wait_once(until_next_restart());
            restart_dead();
        }
        return stop_all();
    }

private:
    bool start_all() {
        for (Child& child : children_) {
            if (auto started = child.start(); !started) {
                std::cerr << kProgram << ": " << started.error().message << '\n';
                return false;
            }
        }
        const Time deadline = now() + kReadyWithin;
        while (!stopping_ && !std::all_of(children_.begin(), children_.end(),
                                          [](const Child& child) { return child.ready(); })) {
            wait_once(std::chrono::milliseconds(1000));
            for (Child& child : children_) {
                if (auto end = child.reap()) {
                    std::cerr << kProgram << ": nias-" << child.name() << " did not start (" << *end
                              << "); its message is above\n";
                    stop_all();
                    return false;
                }
            }
            if (now() > deadline) {
                std::cerr << kProgram << ": the daemons were not ready within " << kReadyWithin.count()
                          << " s\n";
                stop_all();
                return false;
            }
        }
        return true;
    }

    // A front that is started again keeps the port that people have in their browser.
    void keep_port() {
        std::ifstream(options_.data + "/run/url") >> url_;
        const std::size_t colon = url_.rfind(':');
        if (options_.port != 0 || colon == std::string::npos) { return; }
        const std::string_view port = std::string_view(url_).substr(colon + 1);
        options_.port = whole_number<std::uint16_t>(port.substr(0, port.find('/'))).value_or(0);
        children_.back().replace_args(front_args(options_));
    }

    void restart_dead() {
        for (Child& child : children_) {
            if (auto end = child.reap()) {
                const bool again = child.restart_at() != Time::max();
                log::warn("nias-" + child.name() + " ended (" + *end + ") and is " + (again ? "" : "not ") +
                          "started again");
            }
            if (!child.running() && now() >= child.restart_at()) {
                if (auto started = child.start(); !started) { log::error(started.error().message); }
            }
        }
    }

    [[nodiscard]] std::chrono::milliseconds until_next_restart() const {
        auto wait = std::chrono::milliseconds(60'000);
        for (const Child& child : children_) {
            if (child.running()) { continue; }
            wait = std::min(wait, std::chrono::ceil<std::chrono::milliseconds>(
                                      std::max(child.restart_at() - now(), Time::duration::zero())));
        }
        return wait;
    }

    // Returns at a signal, the end of a child, a readiness, or after `patience`.
    void wait_once(std::chrono::milliseconds patience) {
        std::vector<pollfd> polled{{signals_, POLLIN, 0}};
        for (const Child& child : children_) {
            polled.push_back({child.pid_fd(), POLLIN, 0});
            polled.push_back({child.ready_fd(), POLLIN, 0});
        }
        if (::poll(polled.data(), polled.size(), static_cast<int>(patience.count())) <= 0) { return; }
        if ((polled[0].revents & POLLIN) != 0) {
            signalfd_siginfo info{};
            if (::read(signals_, &info, sizeof info) == sizeof info) { ++stopping_; }
        }
        for (std::size_t i = 0; i < children_.size(); ++i) {
            if (polled[2 + 2 * i].revents != 0) { children_[i].read_readiness(); }
        }
    }

    // The front takes nothing more; the worker ends with the pipeline still there to settle its outcomes;
    // then the rest.
    int stop_all() {
        if (children_[2].running()) {
            std::cerr << kProgram << ": stopping; running jobs have " << options_.drain_s
                      << " s (interrupt again to end at once: they run again at the next start)" << std::endl;
        }
        const bool clean = stop({3, 2}, std::chrono::seconds(options_.drain_s) + kStopWithin);
        return stop({0, 1}, kStopWithin) && clean ? 0 : 1;
    }

    bool stop(const std::vector<std::size_t>& which, std::chrono::seconds patience) {
        for (const std::size_t i : which) { children_[i].signal(SIGTERM); }
        const auto alive = [&] {
            for (const std::size_t i : which) { (void)children_[i].reap(); }
            return std::any_of(which.begin(), which.end(),
                               [&](std::size_t i) { return children_[i].running(); });
        };
        const Time deadline = now() + patience;
        const int asked = stopping_;
        while (alive() && stopping_ == asked && now() < deadline) {
            wait_once(std::chrono::milliseconds(200));
        }
        const bool clean = !alive();
        for (const std::size_t i : which) { children_[i].signal(SIGKILL); }
        while (alive()) { wait_once(std::chrono::milliseconds(200)); }
        return clean;
    }

    UpOptions options_;
    int signals_;
    std::vector<Child> children_;
    std::string url_;
    int stopping_ = 0;  ///< signals taken
};

}  // namespace

int up(int argc, const char* const* argv) {
    UpOptions given;
    daemon::Options options(
        kProgram, "Starts the server of this machine: ventilator, sink, one worker and the web pages.");
    options.text("data", given.data, "data directory");
    options.number("port", given.port, 0, 65535, "port of the web pages; 0: any that is free");
    options.text("machines", given.machines, daemon::kMachinesHelp);
    options.list("resource", given.resource, "what the lab has of a counted resource, like matlab_seats=2");
    options.flag("matlab-only", given.matlab_only, daemon::kMatlabOnlyHelp);
    options.number("drain-timeout", given.drain_s, 0, 86'400,
                   "seconds that running jobs have when the server stops");
    options.number("lease-max", given.lease_max_s, 1, 604'800,
                   "seconds that a running job of a silent machine is waited for, at most");
    // The daemons of one server meet in its data directory: where is not to be chosen here.
    daemon::WorkerFlags worker;
    options.begin_of(kWorker, {"data", "control", "outcomes", "bulk", "key", "drain-timeout"});
    daemon::declare(options, worker);
    daemon::FrontFlags front;
    options.begin_of(kFront, {"data", "intake", "control", "events", "output", "port"});
    daemon::declare(options, front);
    if (const auto code = options.parse(argc, argv)) { return *code; }
    given.servers = options.given(kServers);
    given.worker = options.given(kWorker);
    given.front = options.given(kFront);

    const auto endpoints = daemon::endpoints_in(given.data);
    if (!endpoints) { return daemon::report(kProgram, endpoints.error()); }
    const auto lock = ProcessLock::acquire(given.data + "/run/up.lock");
    if (!lock) { return daemon::report(kProgram, lock.error()); }
    sigset_t taken;
    sigemptyset(&taken);
    sigaddset(&taken, SIGTERM);
    sigaddset(&taken, SIGINT);
    ::sigprocmask(SIG_BLOCK, &taken, nullptr);
    const int signals = ::signalfd(-1, &taken, SFD_CLOEXEC);
    if (signals < 0) { return daemon::report(kProgram, {ErrorCode::unavailable, "signals cannot be taken"}); }
    const int code = Supervisor(std::move(given), signals).run();
    ::close(signals);
    return code;
}

}  // namespace nias::cli
