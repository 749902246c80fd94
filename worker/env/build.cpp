#include "worker/env/build.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "worker/env/pip_words.hpp"
#include "worker/run/execution.hpp"

namespace nias::worker {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t kMostFiles = 1'000'000;  // packages of the largest stacks, many times over
constexpr std::size_t kFreezeBytes = 256U << 10U;

Status write_whole(const std::string& path, const std::string& text) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    return out ? Status{} : Status{Error{ErrorCode::unavailable, path + " cannot be written"}};
}

/// Each wheel in a folder of its own, because two may have the same name.
std::vector<Mount> mounts_of(const std::vector<std::string>& wheels) {
    std::vector<Mount> out;
    for (const std::string& wheel : wheels) {
        out.push_back(
            {wheel, "/wheels/" + std::to_string(out.size()) + "/" + fs::path(wheel).filename().string()});
    }
    return out;
}

/// `mirror:3141` of `http://user@mirror:3141/simple`; empty where the address is not of this kind.
std::string plain_host_of(const std::string& address) {
    constexpr std::string_view kPlain = "http://";
    if (!address.starts_with(kPlain)) { return {}; }
    const std::size_t end = std::min(address.find('/', kPlain.size()), address.size());
    const std::string host = address.substr(kPlain.size(), end - kPlain.size());
    return host.substr(host.find('@') + 1);
}

}  // namespace

Status EnvBuild::run(const EnvPlace& place, const EnvContents& contents, LogPump& log,
                     const std::function<bool()>& cancelled) const {
    std::error_code error;
    fs::remove_all(place.host, error);  // what a killed worker left half-built
    fs::create_directories(place.host, error);
    fs::create_directories(place.temporary, error);
    if (error) { return Error{ErrorCode::unavailable, place.host + ": " + error.message()}; }
    const std::vector<Mount> wheels = mounts_of(contents.wheels);
    std::string lines;
    std::string names;
    const auto add = [&](const std::string& line, const std::string& name) {
        lines += line + "\n";
        names += (names.empty() ? "" : ", ") + name;
    };
    for (const std::string& line : contents.packages) { add(line, line); }
    for (const Mount& wheel : wheels) {
        add(sandbox.inside(wheel.host, wheel.inside), fs::path(wheel.host).filename().string());
    }
    if (auto written = write_whole(place.requirements, lines); !written) { return written; }
    if (auto given = give_to_builder(place); !given) { return given; }
    log.say("building a Python environment for: " + names.substr(0, 500));
    Status done = step(place, wheels, venv(place), false, log, cancelled);
    if (done) { done = install_until_reached(place, wheels, log, cancelled); }
    std::string packages;
    if (done) {
        LogPump list([&](std::string_view bytes) { packages.append(bytes); }, kFreezeBytes);
        done = step(place, wheels,
                    {place.inside + "/bin/python", "-m", "pip", "freeze", "--disable-pip-version-check"},
                    false, list, cancelled);
        list.finish();
    }
    fs::remove_all(place.temporary, error);
    fs::remove(place.requirements, error);
    if (!done) {
        fs::remove_all(place.host, error);
        return done;
    }
    // Its builder's number will be another job's.
    if (builder) { done = give_tree(place.host, {::geteuid(), ::getegid()}); }
    if (!done) { return done; }
    if (auto written = write_whole(place.temporary, packages); !written) { return written; }
    fs::rename(place.temporary, place.packages, error);
    if (error) { return Error{ErrorCode::unavailable, place.packages + ": " + error.message()}; }
    return {};
}

/// The environment's folder is to be read by the users of all jobs, whatever the worker's umask says.
Status EnvBuild::give_to_builder(const EnvPlace& place) const {
    if (!builder) { return {}; }
    std::error_code error;
    fs::permissions(place.host, fs::perms(0755), error);
    if (error) { return Error{ErrorCode::unavailable, place.host + ": " + error.message()}; }
    for (const std::string& path : {place.host, place.temporary, place.requirements}) {
        if (auto given = give_tree(path, *builder); !given) { return given; }
    }
    return {};
}

std::vector<std::string> EnvBuild::venv(const EnvPlace& place) const {
    std::vector<std::string> out{python.path, "-m", "venv", "--system-site-packages"};
    if (python.has_pip) { out.emplace_back("--without-pip"); }
    out.push_back(place.inside);
    return out;
}

std::vector<std::string> EnvBuild::install(const EnvPlace& place) const {
    std::vector<std::string> out{place.inside + "/bin/python",
                                 "-m",
                                 "pip",
                                 "install",
                                 "--no-input",
                                 "--disable-pip-version-check",
                                 "--no-cache-dir",
                                 "--retries",
                                 "2",
                                 "--timeout",
                                 "15",
                                 "--progress-bar",
                                 "off"};
    if (settings.wheelhouse.empty()) {
        // A source package would run its own code with the network at hand.
        out.insert(out.end(), {"--only-binary", ":all:"});
        if (!settings.index.empty()) { out.insert(out.end(), {"--index-url", settings.index}); }
        // The administrator who names an index without encryption means it; pip would pass over it.
        if (const std::string host = plain_host_of(settings.index); !host.empty()) {
            out.insert(out.end(), {"--trusted-host", host});
        }
    } else {
        out.insert(out.end(),
                   {"--no-index", "--find-links", sandbox.inside(settings.wheelhouse, "/wheelhouse")});
    }
    if (!settings.constraints.empty()) {
        out.insert(out.end(), {"-c", sandbox.inside(settings.constraints, "/job/constraints.txt")});
    }
    out.insert(out.end(), {"-r", sandbox.inside(place.requirements, "/job/requirements.txt")});
    return out;
}

/// An index that is away is told as such, and the job waits for it outside. Where the machine has no way to
/// any index pip is started again until the patience is over, in case that a line was cut for a moment; then
/// another try elsewhere or later would say the same, and the job is told.
Status EnvBuild::install_until_reached(const EnvPlace& place, const std::vector<Mount>& wheels, LogPump& log,
                                       const std::function<bool()>& cancelled) const {
    const bool online = settings.wheelhouse.empty();
    const Time end = now() + std::chrono::milliseconds(settings.index_patience_ms);
    while (true) {
        auto done = step(place, wheels, install(place), online, log, cancelled);
        if (done || !online) { return done; }
        if (done.error().code != ErrorCode::not_found) { return done; }
        if (now() >= end) {
            return Error{ErrorCode::invalid,
                         done.error().message +
                             "; without network, packages come from the machine or from wheels in the zip; "
                             "ask the administrator for a folder of wheels (--wheelhouse) or for an index "
                             "within reach (--pip-index)"};
        }
        log.say(done.error().message + "; trying again");
    }
}

/// venv and pip run in the box too; of the job they see requirements.txt and the wheels that it names.
Status EnvBuild::step(const EnvPlace& place, const std::vector<Mount>& wheels, std::vector<std::string> argv,
                      bool network, LogPump& log, const std::function<bool()>& cancelled) const {
    const std::string tmp = sandbox.inside(place.temporary, "/tmp");
    Box box;
    box.argv = std::move(argv);
    box.limits.network = network ? Network::host : Network::none;
    box.user = builder;
    box.disk = place.host;
    box.limits.disk_bytes = settings.build_bytes;
    box.limits.disk_files = kMostFiles;
    box.cwd = tmp;
    box.env = {{"PATH", "/usr/bin:/bin"}, {"LANG", "C.UTF-8"},       {"HOME", tmp},
               {"TMPDIR", tmp},           {"PYTHONUNBUFFERED", "1"}, {"PIP_CONFIG_FILE", "/dev/null"}};
    box.mounts = {{place.host, place.inside, true}, {place.requirements, "/job/requirements.txt"}};
    box.mounts.insert(box.mounts.end(), wheels.begin(), wheels.end());
    if (!settings.wheelhouse.empty()) { box.mounts.push_back({settings.wheelhouse, "/wheelhouse"}); }
    if (!settings.constraints.empty()) {
        box.mounts.push_back({settings.constraints, "/job/constraints.txt"});
    }
    if (python.root.empty() && !python.prefix.starts_with("/usr")) {
        box.mounts.push_back({python.prefix, python.prefix});
    }
    box.root = python.root;
    for (const auto& [name, value] : python.env) {
        if (name == "PATH") { box.env[name] = value; }
        box.env.emplace(name, value);
    }
    log.next_program();
    box.limits.time_ms = settings.build_ms;
    const auto end = run_in_box(sandbox, box, cgroups, "env-" + to_string(make_task_id(0)), log, {cancelled});
    if (!end) { return end.error(); }
    if (end->why == RunEnd::Why::cancelled) { return Error{ErrorCode::conflict, "cancelled"}; }
    if (end->why == RunEnd::Why::time_limit) {
        return Error{ErrorCode::invalid, "the Python environment was not built in " +
                                             std::to_string(settings.build_ms / 60'000) + " minutes"};
    }
    if (end->why == RunEnd::Why::disk_quota) {
        return Error{ErrorCode::invalid, "the Python environment " + end->passed};
    }
    if (end->why == RunEnd::Why::exited && end->code == 0) { return {}; }
    const PipFailure why = pip_failure(log.recent());
    if (why.unreachable) {
        return Error{why.no_way ? ErrorCode::not_found : ErrorCode::unavailable,
                     "the package index" + (settings.index.empty() ? "" : " " + settings.index) +
                         " cannot be reached: " + why.words};
    }
    return Error{ErrorCode::invalid, "the packages of requirements.txt cannot be installed: " + why.words};
}

}  // namespace nias::worker
