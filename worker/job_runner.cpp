#include "worker/job_runner.hpp"

#include <string.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "job/bundle/bundle.hpp"
#include "job/output/output_zip.hpp"
#include "worker/execution.hpp"
#include "worker/progress.hpp"
#include "worker/provenance.hpp"
#include "worker/work_folder.hpp"

namespace nias::worker {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t kRequirementsBytes = 256U << 10U;
constexpr std::size_t kNoteBytes = 512;
constexpr std::size_t kNotes = 64;
constexpr std::size_t kErrorBytes = 4096;
constexpr auto kProvenance = "nias-job.json";

/// Where a step stops the attempt.
struct Stop {
    OutcomeStatus status = OutcomeStatus::failed;
    Cause cause = Cause::none;
    std::string words;
};
using Step = std::optional<Stop>;

Stop infrastructure(Cause cause, const Error& error) {
    return {OutcomeStatus::could_not_run, cause, error.message};
}
Stop cancelled_stop() { return {OutcomeStatus::cancelled, Cause::request, "cancelled"}; }

std::string duration_words(std::uint64_t ms) {
    if (ms % 60'000 == 0) { return std::to_string(ms / 60'000) + " min"; }
    return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
}

std::string signal_words(int number) {
    const char* name = ::sigabbrev_np(number);
    return name == nullptr ? "signal " + std::to_string(number)
                           : "signal " + std::to_string(number) + " (SIG" + name + ")";
}

std::string shortened(std::string text, std::size_t most) {
    if (text.size() > most) {
        while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) {
            --most;
        }  // not inside a character
        text.resize(most);
    }
    return text;
}

bool is_variable_name(const std::string& name) {
    const auto good = [](unsigned char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !name.empty() && (name.front() < '0' || name.front() > '9') &&
           std::all_of(name.begin(), name.end(), good);
}

/// Octave's quoting: a quote is written twice.
std::string octave_quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) { out += c == '\'' ? "''" : std::string(1, c); }
    return out + "'";
}

}  // namespace

/// One attempt; its functions are the steps, in their order.
class JobRunner::Attempt {
public:
    Attempt(const JobRunner& runner, const Task& task, Context& context)
        : runner_(runner),
          settings_(runner.settings_),
          task_(task),
          context_(context),
          log_([&context](std::string_view bytes) { context.log(bytes); }, runner.settings_.max_log_bytes) {
        how_.sandbox = runner.sandbox_.name();
    }

    Outcome run() {
        Step stop = fetch();
        const bool fetched = !stop;
        if (!stop) { stop = unpack(); }
        if (!stop) { stop = environment(); }
        if (!stop) { stop = program(); }
        if (stop) { settle(*stop); }
        log_.finish();  // first and apart from the outputs: a pack that fails cannot hide it
        outcome_.ended_unix_ms = unix_ms_now();
        if (fetched) { pack_and_store(); }
        outcome_.error = shortened(outcome_.error, kErrorBytes);
        return std::move(outcome_);
    }

private:
    Step fetch();
    Step unpack();
    Step environment();
    Step program();
    void pack_and_store();

    Step grant();
    Step fresh_output();
    [[nodiscard]] Box make_box() const;
    Step conclude(const RunEnd& end);
    void settle(const Stop& stop);
    void note(const std::string& text) {
        if (outcome_.notes.size() < kNotes) { outcome_.notes.push_back(shortened(text, kNoteBytes)); }
    }
    [[nodiscard]] std::string place(const std::string& name, const std::string& wanted) const {
        return runner_.sandbox_.inside(*folder_ / name, wanted);
    }

    const JobRunner& runner_;
    const RunnerSettings& settings_;
    const Task& task_;
    Context& context_;
    LogPump log_;
    Outcome outcome_;
    std::optional<WorkFolder> folder_;
    std::optional<ProgressFile> progress_;
    job::Layout layout_;
    const Interpreter* interpreter_ = nullptr;
    std::optional<PythonEnv> env_;
    RunLimits limits_;
    Provenance how_;
};

Step JobRunner::Attempt::fetch() {
    if (!task_.bundle) {
        return Stop{OutcomeStatus::failed, Cause::bad_bundle,
                    "the task has no bundle; send the job as a zip"};
    }
    auto folder = WorkFolder::make(settings_.work, to_string(task_.id) + "-" + std::to_string(task_.attempt));
    if (!folder) { return infrastructure(Cause::sandbox, folder.error()); }
    folder_.emplace(std::move(*folder));
    if (auto got = context_.fetch(*task_.bundle, *folder_ / "bundle.zip"); !got) {
        return context_.cancelled() ? cancelled_stop() : infrastructure(Cause::fetch, got.error());
    }
    return {};
}

Step JobRunner::Attempt::unpack() {
    const std::string zip = *folder_ / "bundle.zip";
    auto judged = job::judge(zip, task_.spec.name.empty() ? "job.zip" : task_.spec.name + ".zip");
    if (const auto* refusal = std::get_if<job::Refusal>(&judged)) {
        return Stop{OutcomeStatus::failed, Cause::bad_bundle, refusal->detail};
    }
    layout_ = std::get<job::Layout>(std::move(judged));
    if (auto unpacked = job::unpack(zip, layout_, *folder_ / "job"); !unpacked) {
        if (unpacked.error().code != ErrorCode::invalid) {
            return infrastructure(Cause::sandbox, unpacked.error());
        }
        return Stop{OutcomeStatus::failed, Cause::bad_bundle, unpacked.error().message};
    }
    how_.entry = layout_.entry;
    how_.runtime = layout_.runtime;
    for (const auto& [name, value] : layout_.manifest.env) {
        if (!is_variable_name(name) || name.starts_with("LD_") || name.starts_with("NIAS_") ||
            value.find('\0') != std::string::npos) {
            return Stop{OutcomeStatus::failed, Cause::bad_bundle,
                        "nias.toml: [env] may not set \"" + name + "\": rename it or leave it out"};
        }
    }
    if (auto stop = grant()) { return stop; }
    return fresh_output();
}

/// What the job gets of what it asks for.
Step JobRunner::Attempt::grant() {
    const auto& asked = task_.spec.resources;
    const auto first_of = [](std::uint64_t a, std::uint64_t b, std::uint64_t c) {
        return a > 0 ? a : b > 0 ? b : c;
    };
    limits_.cpus = std::clamp<std::uint32_t>(asked.cpus, 1, runner_.machine_.cpus);
    limits_.memory_bytes =
        first_of(asked.memory_bytes, layout_.manifest.memory_bytes, settings_.default_memory_bytes);
    limits_.time_ms =
        first_of(task_.spec.time_limit_ms, layout_.manifest.time_limit_ms, settings_.default_time_ms);
    limits_.grace_ms = settings_.grace_ms;
    how_.cpus = limits_.cpus;
    how_.memory_bytes = limits_.memory_bytes;
    how_.time_limit_ms = limits_.time_ms;
    how_.network = settings_.network && layout_.manifest.network != "none";
    const auto& found = layout_.runtime == "python" ? runner_.runtimes_.python : runner_.runtimes_.octave;
    if (!found || (layout_.runtime != "python" && layout_.runtime != "octave")) {
        return Stop{OutcomeStatus::could_not_run, Cause::environment,
                    "this worker has no \"" + layout_.runtime + "\""};
    }
    interpreter_ = &*found;
    how_.interpreter = found->path;
    how_.version = found->version;
    return {};
}

Step JobRunner::Attempt::fresh_output() {
    const std::string output = *folder_ / "job/output";
    std::error_code error;
    if (fs::exists(output, error) && (!fs::is_directory(output, error) || !fs::is_empty(output, error))) {
        note("output/ held files in the zip; it was emptied before the program ran");
    }
    fs::remove_all(output, error);
    fs::create_directory(output, error);
    if (error) {
        return infrastructure(Cause::sandbox, {ErrorCode::unavailable, output + ": " + error.message()});
    }
    return {};
}

Step JobRunner::Attempt::environment() {
    if (!layout_.has_requirements || layout_.runtime != "python") { return {}; }
    const std::string path = *folder_ / "job/requirements.txt";
    std::error_code error;
    if (fs::file_size(path, error) > kRequirementsBytes || error) {
        return Stop{OutcomeStatus::failed, Cause::bad_bundle, "requirements.txt is larger than 256 KiB"};
    }
    std::ifstream file(path, std::ios::binary);
    auto requirements = normalise_requirements(std::string(std::istreambuf_iterator<char>(file), {}));
    if (!requirements) {
        return Stop{OutcomeStatus::failed, Cause::environment, requirements.error().message};
    }
    if (requirements->empty()) { return {}; }
    auto env = runner_.envs_->obtain(*requirements, log_, [this] { return context_.cancelled(); });
    if (!env) {
        if (env.error().code == ErrorCode::conflict) { return cancelled_stop(); }
        if (env.error().code == ErrorCode::invalid) {
            return Stop{OutcomeStatus::failed, Cause::environment, env.error().message};
        }
        return infrastructure(Cause::environment, env.error());
    }
    env_.emplace(std::move(*env));
    how_.packages = env_->packages;
    return {};
}

Box JobRunner::Attempt::make_box() const {
    const std::string job = place("job", "/job");
    const std::string tmp = place("tmp", "/tmp");
    const std::string progress = place("progress", "/run/nias/progress");
    const std::string cpus = std::to_string(limits_.cpus);
    Box box;
    box.cwd = job;
    box.network = how_.network;
    box.tmp_bytes = limits_.memory_bytes > 0 ? limits_.memory_bytes : runner_.machine_.memory_bytes / 2;
    // A control group counts what lies in /tmp and /dev/shm as memory; without one their sizes are the bound.
    if (!runner_.cgroups_.limits_memory()) { box.tmp_bytes /= 2; }
    box.mounts = {{*folder_ / "job", "/job", true}, {*folder_ / "progress", "/run/nias/progress", true}};
    box.env = layout_.manifest.env;
    const std::map<std::string, std::string> ours{{"LANG", "C.UTF-8"},
                                                  {"HOME", tmp},
                                                  {"TMPDIR", tmp},
                                                  {"NIAS_JOB_ID", to_string(task_.id)},
                                                  {"NIAS_ATTEMPT", std::to_string(task_.attempt)},
                                                  {"NIAS_CPUS", cpus},
                                                  {"NIAS_OUTPUT", job + "/output"},
                                                  {"NIAS_PROGRESS", progress},
                                                  {"PATH", "/usr/bin:/bin"},
                                                  {"MPLBACKEND", "Agg"},
                                                  {"MPLCONFIGDIR", tmp},
                                                  {"PYTHONUNBUFFERED", "1"},
                                                  {"PYTHONDONTWRITEBYTECODE", "1"},
                                                  {"OMP_NUM_THREADS", cpus},
                                                  {"OPENBLAS_NUM_THREADS", cpus},
                                                  {"MKL_NUM_THREADS", cpus},
                                                  {"NUMEXPR_NUM_THREADS", cpus}};
    box.env.insert(ours.begin(), ours.end());  // the manifest's word goes first
    std::string interpreter = interpreter_->path;
    if (env_) {
        box.mounts.push_back({env_->host, env_->inside});
        interpreter = env_->inside + "/bin/python";
        box.env["PATH"] = env_->inside + "/bin:" + box.env["PATH"];
        box.env["VIRTUAL_ENV"] = env_->inside;
    }
    const std::string entry = layout_.entry.starts_with('-') ? "./" + layout_.entry : layout_.entry;
    if (layout_.runtime == "python") {
        if (!interpreter_->prefix.starts_with("/usr")) {
            box.mounts.push_back({interpreter_->prefix, interpreter_->prefix});
        }
        box.argv = {interpreter, entry};
    } else {
        box.argv = {interpreter,
                    "--no-init-file",
                    "--no-history",
                    "--quiet",
                    "--eval",
                    "warning('off','Octave:gnuplot-graphics'); if "
                    "any(strcmp(available_graphics_toolkits(),'gnuplot')) graphics_toolkit('gnuplot'); end; "
                    "set(0,'defaultfigurevisible','off'); source(" +
                        octave_quoted(entry) + ");"};
    }
    return box;
}

Step JobRunner::Attempt::program() {
    if (context_.cancelled()) { return cancelled_stop(); }
    auto progress = ProgressFile::make(*folder_ / "progress");
    if (!progress) { return infrastructure(Cause::sandbox, progress.error()); }
    progress_.emplace(std::move(*progress));
    const auto tell_progress = [this] {
        if (auto news = progress_->poll()) { context_.progress(news->fraction, news->text); }
    };
    RunHooks hooks;
    hooks.cancelled = [this] { return context_.cancelled(); };
    hooks.started = [this] { context_.started(); };
    hooks.tick = tell_progress;
    outcome_.started_unix_ms = unix_ms_now();
    log_.next_program();
    const std::string group = to_string(task_.id) + "-" + std::to_string(task_.attempt);
    const auto end = run_in_box(runner_.sandbox_, make_box(), runner_.cgroups_, group, limits_, log_, hooks);
    if (!end) { return infrastructure(Cause::sandbox, end.error()); }
    tell_progress();
    return conclude(*end);
}

/// The kernel's words on the end of the program, as the outcome.
Step JobRunner::Attempt::conclude(const RunEnd& end) {
    outcome_.usage = end.usage;
    const std::string last = log_.last_words();
    const std::string said = last.empty() ? "" : ": " + last;
    switch (end.why) {
        case RunEnd::Why::exited:
            outcome_.exit_code = end.code;
            if (end.memory_was_short && end.code == 0) {
                note("the kernel ended a process of the job for want of memory, but the program went on");
            }
            if (end.code != 0) {
                return Stop{OutcomeStatus::failed, Cause::exit_code,
                            "exited with code " + std::to_string(end.code) + said};
            }
            outcome_.status = OutcomeStatus::succeeded;
            outcome_.cause = Cause::none;
            return {};
        case RunEnd::Why::signalled:
            outcome_.signal = end.code;
            return Stop{OutcomeStatus::failed, Cause::signal, "ended by " + signal_words(end.code) + said};
        case RunEnd::Why::out_of_memory:
            return Stop{OutcomeStatus::failed, Cause::out_of_memory,
                        limits_.memory_bytes > 0 ? "ran out of memory: it needed more than its limit of " +
                                                       std::to_string(limits_.memory_bytes >> 20U) +
                                                       " MiB; ask for more with memory = \"…\" in nias.toml"
                                                 : "ran out of memory: the machine had no more to give"};
        case RunEnd::Why::time_limit:
            return Stop{OutcomeStatus::timed_out, Cause::time_limit,
                        "stopped at its time limit of " + duration_words(limits_.time_ms)};
        case RunEnd::Why::cancelled: return cancelled_stop();
    }
    return {};
}

void JobRunner::Attempt::settle(const Stop& stop) {
    outcome_.status = stop.status;
    outcome_.cause = stop.cause;
    outcome_.error = stop.words;
}

void JobRunner::Attempt::pack_and_store() {
    const std::string zip = *folder_ / "output.zip";
    const auto keep_cancelled = [this](Cause cause, const std::string& words) {
        if (outcome_.status == OutcomeStatus::cancelled) {
            note("the outputs were not kept: " + words);
        } else {
            settle({OutcomeStatus::could_not_run, cause, words});
        }
    };
    auto packed =
        job::pack_output(folder_->job_descriptor(), "output",
                         {{kProvenance, provenance_json(task_, how_, outcome_, runner_.machine_)}}, zip);
    if (!packed) { return keep_cancelled(Cause::store, packed.error().message); }
    for (const std::string& line : packed->notes) { note(line); }
    auto stored = context_.store(zip);
    if (!stored) { return keep_cancelled(Cause::store, stored.error().message); }
    outcome_.output_blob = *stored;
}

JobRunner::JobRunner(RunnerSettings settings, Runtimes runtimes, const Sandbox& sandbox,
                     const Cgroups& cgroups)
    : settings_(std::move(settings)),
      runtimes_(std::move(runtimes)),
      sandbox_(sandbox),
      cgroups_(cgroups),
      machine_(this_machine()) {
    if (runtimes_.python) { envs_.emplace(settings_.envs, *runtimes_.python, sandbox_, cgroups_); }
}

Outcome JobRunner::run(const Task& task, Context& context) const {
    return Attempt(*this, task, context).run();
}

void JobRunner::clean() const {
    std::error_code error;
    fs::create_directories(settings_.work, error);
    for (const auto& entry : fs::directory_iterator(settings_.work, error)) {
        if (auto gone = remove_tree(entry.path().string()); !gone) { log::warn(gone.error().message); }
    }
}

}  // namespace nias::worker
