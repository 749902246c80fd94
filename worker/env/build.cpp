#include "worker/env/build.hpp"

#include <filesystem>
#include <fstream>

#include "base/ids.hpp"
#include "worker/run/execution.hpp"
#include "worker/runtime/trace.hpp"

namespace nias::worker {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kFreezeBytes = 256U << 10U;

Status write_whole(const std::string& path, const std::string& text) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    return out ? Status{} : Status{Error{ErrorCode::unavailable, path + " cannot be written"}};
}

}  // namespace

std::string requirement_lines(const std::vector<std::string>& lines) {
    std::string out;
    for (const std::string& line : lines) { out += line + "\n"; }
    return out;
}

Status EnvBuild::run(const EnvPlace& place, const std::vector<std::string>& requirements, LogPump& log,
                     const std::function<bool()>& cancelled) const {
    std::error_code error;
    fs::remove_all(place.host, error);  // what a killed worker left half-built
    fs::create_directories(place.host, error);
    fs::create_directories(place.temporary, error);
    if (error) { return Error{ErrorCode::unavailable, place.host + ": " + error.message()}; }
    if (auto written = write_whole(place.requirements, requirement_lines(requirements)); !written) {
        return written;
    }
    log.say("building a Python environment for: " + [&] {
        std::string names;
        for (const std::string& line : requirements) { names += (names.empty() ? "" : ", ") + line; }
        return names.substr(0, 500);
    }());
    const bool online = settings.wheelhouse.empty();
    Status done = step(place, venv(place), false, log, cancelled);
    if (done) { done = step(place, install(place), online, log, cancelled); }
    std::string packages;
    if (done) {
        LogPump list([&](std::string_view bytes) { packages.append(bytes); }, kFreezeBytes);
        done =
            step(place, {place.inside + "/bin/python", "-m", "pip", "freeze", "--disable-pip-version-check"},
                 false, list, cancelled);
        list.finish();
    }
    fs::remove_all(place.temporary, error);
    fs::remove(place.requirements, error);
    if (!done) {
        fs::remove_all(place.host, error);
        return done;
    }
    if (auto written = write_whole(place.temporary, packages); !written) { return written; }
    fs::rename(place.temporary, place.packages, error);
    if (error) { return Error{ErrorCode::unavailable, place.packages + ": " + error.message()}; }
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
                                 "--progress-bar",
                                 "off"};
    if (settings.wheelhouse.empty()) {
        // A source package would run its own code with the network at hand.
        out.insert(out.end(), {"--only-binary", ":all:"});
        if (!settings.index.empty()) { out.insert(out.end(), {"--index-url", settings.index}); }
    } else {
        out.insert(out.end(),
                   {"--no-index", "--find-links", sandbox.inside(settings.wheelhouse, "/wheelhouse")});
    }
    out.insert(out.end(), {"-r", sandbox.inside(place.requirements, "/job/requirements.txt")});
    return out;
}

/// venv and pip run in the box too; of the job they see requirements.txt and nothing else.
Status EnvBuild::step(const EnvPlace& place, std::vector<std::string> argv, bool network, LogPump& log,
                      const std::function<bool()>& cancelled) const {
    const std::string tmp = sandbox.inside(place.temporary, "/tmp");
    Box box;
    box.argv = std::move(argv);
    box.limits.network = network;
    box.cwd = tmp;
    box.env = {{"PATH", "/usr/bin:/bin"}, {"LANG", "C.UTF-8"},       {"HOME", tmp},
               {"TMPDIR", tmp},           {"PYTHONUNBUFFERED", "1"}, {"PIP_CONFIG_FILE", "/dev/null"}};
    box.mounts = {{place.host, place.inside, true}, {place.requirements, "/job/requirements.txt"}};
    if (!settings.wheelhouse.empty()) { box.mounts.push_back({settings.wheelhouse, "/wheelhouse"}); }
    if (!python.prefix.starts_with("/usr")) { box.mounts.push_back({python.prefix, python.prefix}); }
    log.next_program();
    box.limits.time_ms = settings.build_ms;
    const auto end = run_in_box(sandbox, box, cgroups, "env-" + to_string(make_task_id(0)), log, {cancelled});
    if (!end) { return end.error(); }
    if (end->why == RunEnd::Why::cancelled) { return Error{ErrorCode::conflict, "cancelled"}; }
    if (end->why == RunEnd::Why::time_limit) {
        return Error{ErrorCode::invalid, "the Python environment was not built in " +
                                             std::to_string(settings.build_ms / 60'000) + " minutes"};
    }
    if (end->why == RunEnd::Why::exited && end->code == 0) { return {}; }
    const std::string words = last_line(log.recent());
    return Error{ErrorCode::invalid, "the packages of requirements.txt cannot be installed: " +
                                         (words.empty() ? "pip ended without a word" : words)};
}

}  // namespace nias::worker
