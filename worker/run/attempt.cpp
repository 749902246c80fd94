#include "worker/run/attempt.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

#include "base/clock.hpp"
#include "base/sha256.hpp"
#include "base/words.hpp"
#include "job/array/terms.hpp"
#include "job/images/image.hpp"
#include "job/output/pack.hpp"
#include "worker/run/live_output.hpp"

namespace nias::worker {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kNoteBytes = 512;
constexpr std::size_t kNotes = 64;
constexpr std::size_t kFilesNamed = 5000;
constexpr std::size_t kErrorBytes = 4096;
constexpr std::uint64_t kLeftToOthers = 16 * Room::kLeastBytes;
constexpr auto kProvenance = "nias-job.json";
/// Libraries that would start a thread a processor of the machine read how many from these.
constexpr std::array kThreadCounts{"OMP_NUM_THREADS",     "OPENBLAS_NUM_THREADS",   "MKL_NUM_THREADS",
                                   "BLIS_NUM_THREADS",    "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS",
                                   "NUMEXPR_MAX_THREADS", "NUMBA_NUM_THREADS",      "LOKY_MAX_CPU_COUNT",
                                   "POLARS_MAX_THREADS",  "RAYON_NUM_THREADS",      "PYTHON_CPU_COUNT"};

}  // namespace

Attempt::Attempt(const Equipment& equipment, Task task, Context& context, bool ahead)
    : equipment_(equipment),
      task_(std::move(task)),
      context_(context, ahead),
      log_([this](std::string_view bytes) { context_.log(bytes); }, equipment.settings.max_log_bytes) {
    how_.sandbox = equipment.sandbox.name();
}

Step Attempt::prepare(const std::function<bool()>& pause) {
    constexpr std::array<Step (Attempt::*)(), kStepsBefore> steps{&Attempt::fetch, &Attempt::unpack,
                                                                  &Attempt::environment};
    while (prepared_ < steps.size()) {
        if (context_.cancelled()) { return cancelled_stop(); }
        if (auto stop = (this->*steps.at(prepared_))()) { return stop; }
        ++prepared_;
        if (pause && pause()) { break; }
    }
    return {};
}

void Attempt::give(const Task& task, Context& context) {
    task_.attempt = task.attempt;
    context_.give(context);
}

/// A job that is made ready ahead leaves room to those that run.
Step Attempt::no_room_for(std::uint64_t bytes) const {
    const bool has_room = Room::free_bytes(equipment_.settings.work) >= bytes + kLeftToOthers;
    if (!context_.is_ahead() || has_room) { return {}; }
    return Stop{OutcomeStatus::could_not_run, Cause::sandbox, "the disk has no room for it beside what runs"};
}

Outcome Attempt::run() {
    Step stop = prepare();
    const bool fetched = prepared_ > 0;
    if (!stop) { stop = program(); }
    if (stop) { settle(*stop); }
    log_.finish();  // first and apart from the outputs: a pack that fails cannot hide it
    outcome_.ended_unix_ms = unix_ms_now();
    if (fetched && ended_) { pack_and_store(); }
    outcome_.error = shortened(outcome_.error, kErrorBytes);
    if (outcome_.retry_after_s == 0) { equipment_.lacks.forget(task_.id); }
    return std::move(outcome_);
}

void Attempt::note(const std::string& text) {
    if (outcome_.notes.size() < kNotes) { outcome_.notes.push_back(shortened(text, kNoteBytes)); }
}

/// The path by which the program sees `name` of the attempt's folder.
std::string Attempt::place(const std::string& name, const std::string& wanted) const {
    return equipment_.sandbox.inside(*folder_ / name, wanted);
}

Step Attempt::fetch() {
    if (!task_.bundle) {
        return Stop{OutcomeStatus::failed, Cause::bad_bundle,
                    "the task has no bundle; send the job as a zip"};
    }
    auto user = equipment_.sandbox.user();
    if (!user) { return infrastructure(Cause::sandbox, user.error()); }
    user_ = std::move(*user);
    const std::string name = to_string(task_.id) + "-" + std::to_string(task_.attempt);
    auto folder = WorkFolder::make(equipment_.settings.work, name + (context_.is_ahead() ? "-ahead" : ""));
    if (!folder) { return infrastructure(Cause::sandbox, folder.error()); }
    folder_.emplace(std::move(*folder));
    if (auto stop = no_room_for(2 * task_.bundle->size_bytes)) { return stop; }
    const auto fetch_to = [this](const std::string& path) { return context_.fetch(*task_.bundle, path); };
    if (auto got = equipment_.bundles.obtain(*task_.bundle, *folder_ / "bundle.zip", fetch_to); !got) {
        return context_.cancelled() ? cancelled_stop()
                                    : not_written(Cause::fetch, got.error(), task_.bundle->size_bytes);
    }
    return {};
}

Stop Attempt::not_written(Cause cause, const Error& error, std::uint64_t bytes) const {
    if (error.code == ErrorCode::overloaded && !context_.is_ahead()) {
        equipment_.room.lacked(bytes + Room::kLeastBytes, now());
    }
    return infrastructure(cause, error);
}

std::string Attempt::filled_disk(std::uint64_t needed) const {
    const std::uint64_t free = Room::free_bytes(equipment_.settings.work);
    const std::uint64_t used = Room::used_by(*folder_ / "job");
    if (free >= needed || used < Room::kLeastBytes) { return {}; }
    return "filled the disk of its machine: its folder holds " + std::to_string(used >> 20U) + " MiB, and " +
           std::to_string(free >> 20U) +
           " MiB are left; let it write less, or ask for a machine with more room";
}

/// Judges a bundle that looks wrong: it is so only if its bytes are those that were sent.
Stop Attempt::wrong_bundle(const std::string& words) const {
    const auto read = hash_file(*folder_ / "bundle.zip");
    if (!read) { return infrastructure(Cause::fetch, read.error()); }
    if (*read == task_.bundle->hash) { return {OutcomeStatus::failed, Cause::bad_bundle, words}; }
    equipment_.bundles.forget(task_.bundle->hash);
    return {OutcomeStatus::could_not_run, Cause::fetch,
            "the bundle that came to this worker is not the one that was sent (" + words +
                "): the disk that keeps it, or this machine's, gives back other bytes"};
}

Step Attempt::unpack() {
    const std::string zip = *folder_ / "bundle.zip";
    auto judged = job::judge(zip, task_.spec.name.empty() ? "job.zip" : task_.spec.name + ".zip");
    if (!judged) { return wrong_bundle(judged.error().detail); }
    layout_ = std::move(*judged);
    // The sender's word on the image goes before that of nias.toml.
    if (const std::string& asked = task_.spec.runtime; asked.starts_with(job::kImageRuntime)) {
        const auto refusal = job::use_image(layout_, asked.substr(job::kImageRuntime.size()));
        if (refusal) { return wrong_bundle(refusal->detail); }
    }
    if (auto stop = no_room_for(layout_.unpacked_bytes)) { return stop; }
    if (auto unpacked = job::unpack(zip, layout_, *folder_ / "job"); !unpacked) {
        if (unpacked.error().code != ErrorCode::invalid) {
            return not_written(Cause::sandbox, unpacked.error(), layout_.unpacked_bytes);
        }
        return wrong_bundle(unpacked.error().message);
    }
    program_.entry = layout_.entry;
    program_.job = place("job", "/job");
    program_.tmp = place("tmp", "/tmp");
    program_.support = place("support", "/run/nias/support");
    program_.support_host = *folder_ / "support";
    how_.entry = layout_.entry;
    if (auto stop = grant()) { return stop; }
    if (auto stop = fresh_output()) { return stop; }
    const auto notes =
        runtime_->prepare({*folder_ / "job", program_.entry, program_.support_host, program_.job});
    if (!notes) { return infrastructure(Cause::sandbox, notes.error()); }
    for (const std::string& line : *notes) { note(line); }
    for (const char* name : {"job", "tmp", "support"}) {
        if (auto given = hand_over(name); !given) { return infrastructure(Cause::sandbox, given.error()); }
    }
    return {};
}

/// Makes a part of the attempt's folder the job's own. From then on nothing in it is written by the worker.
Status Attempt::hand_over(const std::string& name) const {
    return user_.user() ? give_tree(*folder_ / name, *user_.user()) : Status{};
}

/// Grants the job its share of what it asks for.
Step Attempt::grant() {
    const auto& asked = task_.spec.resources;
    const auto& settings = equipment_.settings;
    const auto first_of = [](std::uint64_t a, std::uint64_t b, std::uint64_t c) {
        return a > 0 ? a : b > 0 ? b : c;
    };
    limits_.cpus = std::clamp<std::uint32_t>(asked.cpus, 1, equipment_.machine.cpus);
    limits_.memory_bytes =
        first_of(asked.memory_bytes, layout_.manifest.memory_bytes, settings.default_memory_bytes);
    limits_.time_ms =
        first_of(task_.spec.time_limit_ms, layout_.manifest.time_limit_ms, settings.default_time_ms);
    limits_.grace_ms = settings.grace_ms;
    limits_.processes = settings.max_processes;
    limits_.disk_most_bytes = settings.max_disk_bytes;
    limits_.disk_bytes = first_of(job::terms_of(task_.payload).disk_bytes, layout_.manifest.disk_bytes,
                                  settings.disk_bytes_by_default());
    limits_.disk_files = settings.max_disk_files;
    limits_.network = layout_.manifest.network == "none" ? Network::none : settings.network;
    limits_.tmp_bytes = limits_.memory_bytes > 0 ? limits_.memory_bytes : equipment_.machine.memory_bytes / 2;
    // A control group counts what lies in /tmp and /dev/shm as memory; without one their sizes are the bound.
    if (!equipment_.cgroups.limits_memory()) { limits_.tmp_bytes /= 2; }
    how_.limits = limits_;
    if (limits_.disk_bytes > limits_.disk_most_bytes) {
        return Stop{OutcomeStatus::failed, Cause::disk_quota,
                    "asks for " + size_in_words(limits_.disk_bytes) +
                        " of disk, and a job of this machine may take " +
                        size_in_words(limits_.disk_most_bytes) + " (--max-disk)"};
    }
    return choose_runtime();
}

Step Attempt::fresh_output() {
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

Box Attempt::make_box() const {
    const std::string progress = place("progress", "/run/nias/progress");
    const std::string cpus = std::to_string(limits_.cpus);
    Box box;
    box.cwd = program_.job;
    box.limits = limits_;
    box.user = user_.user();
    box.disk = *folder_ / "job";
    box.mounts = {{*folder_ / "job", "/job", true},
                  {*folder_ / "progress", "/run/nias/progress", true},
                  {program_.support_host, "/run/nias/support"}};
    box.env = layout_.manifest.env;
    const std::map<std::string, std::string> ours{{"LANG", "C.UTF-8"},
                                                  {"HOME", program_.tmp},
                                                  {"TMPDIR", program_.tmp},
                                                  {"NIAS_JOB_ID", to_string(task_.id)},
                                                  {"NIAS_ATTEMPT", std::to_string(task_.attempt)},
                                                  {"NIAS_CPUS", cpus},
                                                  {"NIAS_OUTPUT", program_.job + "/output"},
                                                  {"NIAS_PROGRESS", progress},
                                                  {"PATH", "/usr/bin:/bin"}};
    // The manifest's word goes first, and last that of an image, which knows better where its own programs
    // lie.
    const Interpreter& interpreter = runtime_->interpreter();
    box.root = interpreter.root;
    for (const char* name : {"PATH", "PYTHONPATH"}) {
        if (const auto of_image = interpreter.env.find(name); of_image != interpreter.env.end()) {
            box.env.insert(*of_image);
        }
    }
    box.env.insert(ours.begin(), ours.end());
    const job::Terms terms = job::terms_of(task_.payload);
    box.env.merge(job::variables_of(terms));
    if (terms.place && task_.group != TaskId{}) { box.env["NIAS_ARRAY_ID"] = to_string(task_.group); }
    for (const char* name : kThreadCounts) { box.env.emplace(name, cpus); }
    runtime_->start(program_, box);
    box.env.insert(interpreter.env.begin(), interpreter.env.end());
    return box;
}

/// Names below the job's folder, links not followed; at most kFilesNamed.
std::vector<std::string> Attempt::files_of_job() const {
    std::vector<std::string> out;
    std::error_code error;
    const fs::path folder = *folder_ / "job";
    for (fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied, error),
         last;
         !error && it != last && out.size() < kFilesNamed; it.increment(error)) {
        if (it->is_regular_file(error)) {
            out.push_back(it->path().string().substr(folder.string().size() + 1));
        }
    }
    return out;
}

Step Attempt::program() {
    if (context_.cancelled()) { return cancelled_stop(); }
    auto progress = ProgressFile::make(*folder_ / "progress");
    if (!progress) { return infrastructure(Cause::sandbox, progress.error()); }
    progress_.emplace(std::move(*progress));
    if (auto given = hand_over("progress"); !given) { return infrastructure(Cause::sandbox, given.error()); }
    begun_ = progress_->changed();
    const auto tell_progress = [this] {
        if (auto news = progress_->poll()) { context_.progress(news->fraction, news->text); }
    };
    LiveOutput live(folder_->job_descriptor(), [this](std::string_view name, const std::string& path) {
        return context_.show_file(name, path);
    });
    Box box = make_box();
    RunHooks hooks;
    hooks.cancelled = [this] { return context_.cancelled(); };
    hooks.started = [this] { context_.started(); };
    hooks.tick = [&] {
        tell_progress();
        log_.tick(now());
        live.look(now());
    };
    outcome_.started_unix_ms = unix_ms_now();
    log_.next_program();
    const std::string group = to_string(task_.id) + "-" + std::to_string(task_.attempt);
    const auto share = equipment_.processors.take(limits_.cpus);
    box.limits.cpu_set = share.numbers();
    const auto end = run_in_box(equipment_.sandbox, box, equipment_.cgroups, group, log_, hooks);
    if (!end) {
        ended_ = end.error().code != ErrorCode::internal;
        return infrastructure(Cause::sandbox, end.error());
    }
    tell_progress();
    return conclude(*end);
}

/// The kernel's words on the end of the program, and the program's own, as the outcome.
Step Attempt::conclude(const RunEnd& end) {
    outcome_.usage = end.usage;
    if (!end.left_in_tmp.empty()) { note(end.left_in_tmp); }
    if (end.why == RunEnd::Why::exited) { outcome_.exit_code = end.code; }
    if (end.why == RunEnd::Why::signalled) { outcome_.signal = end.code; }
    const std::string error = runtime_->error_in(log_.recent(), program_);
    auto stop = stop_of(end, limits_, error);
    if (stop && (end.why == RunEnd::Why::exited || end.why == RunEnd::Why::signalled)) {
        const auto files = files_of_job();
        stop->words +=
            missing_file_words(error, files) + missing_module_words(error, files) + closed_place_words(error);
        stop->words += refused_memory_words(error, limits_.memory_bytes);
        stop->words += unreached_words(log_.recent(), limits_.network, layout_.manifest.network == "none");
    }
    if (stop && stop->status == OutcomeStatus::failed) {
        if (const std::string lacks = runtime_->lab_fault_in(log_.recent()); !lacks.empty()) {
            return lab_lacks(Cause::environment, lacks);
        }
    }
    if (stop && stop->status == OutcomeStatus::failed) {
        if (const std::string words = filled_disk(Room::kLeastBytes); !words.empty()) {
            stop = Stop{OutcomeStatus::failed, Cause::disk_quota, words + " (it " + stop->words + ")"};
        }
    }
    if (!stop) {
        outcome_.status = OutcomeStatus::succeeded;
        outcome_.cause = Cause::none;
        if (end.memory_was_short) {
            note("the kernel ended a process of the job for want of memory, but the program went on");
        }
        if (end.processes_were_short) {
            note("the job reached its bound of " + std::to_string(limits_.processes) +
                 " processes and threads, but the program went on");
        }
    }
    return stop;
}

Stop Attempt::lab_lacks(Cause cause, const std::string& words) {
    // An attempt that is made ready ahead is tried again when it is given.
    if (!context_.is_ahead()) { outcome_.retry_after_s = equipment_.lacks.next_wait_s(task_.id, now()); }
    return {OutcomeStatus::could_not_run, cause, words};
}

void Attempt::settle(const Stop& stop) {
    outcome_.status = stop.status;
    outcome_.cause = stop.cause;
    outcome_.error = stop.words;
}

void Attempt::pack_and_store() {
    const std::string zip = *folder_ / "output.zip";
    const auto not_kept = [this](const Error& error) {
        const bool full = error.code == ErrorCode::overloaded;
        // Results that do not shrink lie there twice.
        const std::uint64_t needed = Room::used_by(*folder_ / "job") + Room::kLeastBytes;
        const std::string filled = full ? filled_disk(needed) : std::string();
        const bool said = outcome_.status == OutcomeStatus::cancelled ||
                          outcome_.status == OutcomeStatus::could_not_run ||
                          outcome_.cause == Cause::disk_quota;
        if (said) {
            note("the outputs were not kept: " + error.message);
        } else if (!filled.empty()) {
            settle({OutcomeStatus::failed, Cause::disk_quota, filled + " (its outputs could not be packed)"});
        } else {
            if (full) { equipment_.room.lacked(needed, now()); }
            settle({OutcomeStatus::could_not_run, Cause::store, error.message});
        }
    };
    const job::JobFolder job{.descriptor = folder_->job_descriptor(),
                             .inside = program_.job,
                             .begun_s = begun_.tv_sec,
                             .begun_ns = begun_.tv_nsec};
    auto packed = job::pack_output(
        job, {{kProvenance, provenance_json(task_, how_, outcome_, equipment_.machine)}}, zip);
    if (!packed) { return not_kept(packed.error()); }
    for (const std::string& line : packed->notes) { note(line); }
    auto stored = context_.store(zip);
    if (!stored) { return not_kept(stored.error()); }
    outcome_.output_blob = *stored;
}

}  // namespace nias::worker
