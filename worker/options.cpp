#include "worker/options.hpp"

#include <filesystem>

#include <nias/keys.hpp>

#include "job/manifest/manifest.hpp"
#include "worker/host/machine.hpp"

namespace nias::worker {

namespace {

/// What the key knows and the options leave out.
Status take_key(Options& o) {
    if (o.key.empty()) { return {}; }
    const auto keys = Keys::read(o.key);
    if (!keys) { return keys.error(); }
    auto& service = o.service;
    if (!service.name.empty() && service.name != keys->name) {
        return Error{ErrorCode::invalid, "--name " + service.name + ": the key in " + o.key + " is that of " +
                                             keys->name + ": leave the name out, or enroll another key"};
    }
    service.keys = o.key;
    service.name = keys->name;
    if (service.control.empty()) { service.control = keys->endpoints.control; }
    if (service.outcomes.empty()) { service.outcomes = keys->endpoints.outcomes; }
    if (service.bulk.empty()) { service.bulk = keys->endpoints.bulk; }
    return {};
}

}  // namespace

void declare(daemon::Options& program, Options& o) {
    program.text("data", o.data, "data directory");
    program.text("control", o.service.control,
                 "the ventilator's address for workers (default: ipc in the data directory)");
    program.text("outcomes", o.service.outcomes,
                 "the sink's address for outcomes (default: ipc in the data directory)");
    program.text("bulk", o.service.bulk,
                 "the sink's address for files and logs (default: ipc in the data directory)");
    program.text("key", o.key, "this machine's, made by «nias enroll worker» on the server's");
    program.text("name", o.service.name, "kept across restarts (default: the host's name)");
    program.number("slots", o.slots, 0, 1024, "jobs that run at once (0: one a processor)");
    program.text("sandbox", o.sandbox, "bwrap, or none: jobs then run as this user, with all that it may do");
    program.list("python", o.python,
                 "Python interpreters; the first that works is used (default: /usr/bin/python3)");
    program.text("octave", o.octave, "octave-cli (default: the system's)");
    program.text("wheelhouse", o.wheelhouse,
                 "folder of wheels that requirements.txt is met from, without network");
    program.text("pip-index", o.pip_index, "URL of the package index (default: pip's own)");
    program.text("work", o.work, "folder of running jobs (default: worker/work in the data directory)");
    program.text("envs", o.envs,
                 "folder of Python environments (default: worker/envs in the data directory)");
    program.number("envs-max", o.envs_max, 1U << 20U, 1ULL << 50U, "bytes of Python environments kept");
    program.number("max-log", o.max_log, 4096, kMaxLogBytes,
                   "bytes of a job's log kept, half of its beginning and half of its end");
    program.number("drain-timeout", o.drain_timeout_s, 0, 7 * 86'400,
                   "seconds that running jobs get after SIGTERM");
    program.text("job-network", o.job_network,
                 "none, or host: jobs that did not decline it reach what this machine reaches");
    program.text("default-memory", o.default_memory,
                 "memory of a job that names none, like \"4 GiB\" (default: no limit)");
    program.text("default-time-limit", o.default_time_limit,
                 "time of a job that names none, like \"2h\" (default: no limit)");
}

Result<RunnerSettings> complete(Options& o) {
    const auto invalid = [](const std::string& words) { return Error{ErrorCode::invalid, words}; };
    if (o.sandbox != "bwrap" && o.sandbox != "none") {
        return invalid("--sandbox " + o.sandbox + ": use bwrap or none");
    }
    if (o.job_network != "host" && o.job_network != "none") {
        return invalid("--job-network " + o.job_network + ": use none or host");
    }
    const auto endpoints = daemon::endpoints_in(o.data);
    if (!endpoints) { return endpoints.error(); }
    if (auto taken = take_key(o); !taken) { return taken.error(); }
    const auto machine = this_machine();
    auto& service = o.service;
    if (service.name.empty()) { service.name = machine.name; }
    if (service.name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") !=
            std::string::npos ||
        service.name.front() == '.') {
        return invalid("--name " + service.name + ": use letters, digits, and . _ - inside");
    }
    if (service.control.empty()) { service.control = endpoints->control; }
    if (service.outcomes.empty()) { service.outcomes = endpoints->outcomes; }
    if (service.bulk.empty()) { service.bulk = endpoints->bulk; }
    const auto absolute = [](const std::string& path) {
        return std::filesystem::absolute(path).lexically_normal().string();
    };
    if (service.bulk.starts_with("ipc://") && service.outcomes.starts_with("ipc://")) {
        service.shared_blobs = absolute(o.data);
    }
    service.outbox = absolute(o.data + "/worker/outbox-" + service.name);
    service.slots = static_cast<std::uint32_t>(o.slots > 0 ? o.slots : machine.cpus);
    service.cpus = machine.cpus;
    service.memory_bytes = machine.memory_bytes;
    service.drain_timeout_s = static_cast<std::uint32_t>(o.drain_timeout_s);
    if (o.python.empty()) { o.python = {kPython}; }

    RunnerSettings out;
    out.work = absolute(o.work.empty() ? o.data + "/worker/work" : o.work) + "/" + service.name;
    out.envs.folder = absolute(o.envs.empty() ? o.data + "/worker/envs" : o.envs);
    out.envs.wheelhouse = o.wheelhouse.empty() ? "" : absolute(o.wheelhouse);
    if (!o.wheelhouse.empty() && !std::filesystem::is_directory(out.envs.wheelhouse)) {
        return invalid("--wheelhouse " + o.wheelhouse + " is not a folder");
    }
    out.envs.index = o.pip_index;
    out.envs.max_bytes = o.envs_max;
    out.max_log_bytes = o.max_log;
    out.network = o.job_network == "host";
    if (!o.default_memory.empty()) {
        auto bytes = job::parse_bytes(o.default_memory);
        if (!bytes) { return invalid("--default-memory: " + bytes.error().message); }
        out.default_memory_bytes = *bytes;
    }
    if (!o.default_time_limit.empty()) {
        auto ms = job::parse_duration_ms(o.default_time_limit);
        if (!ms) { return invalid("--default-time-limit: " + ms.error().message); }
        out.default_time_ms = *ms;
    }
    return out;
}

}  // namespace nias::worker
