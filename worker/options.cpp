#include "worker/options.hpp"

#include <algorithm>
#include <filesystem>

#include <nias/keys.hpp>

#include "base/words.hpp"
#include "job/manifest/measures.hpp"
#include "worker/host/machine.hpp"

namespace nias::worker {

namespace {

/// Fills in from the key what the options leave out.
Status parse_key(Options& o) {
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

/// A job without a sandbox has the host's network whatever is said.
Result<Network> network_of(const Options& o) {
    const std::string& said = o.job_network;
    if (!said.empty() && said != "internet" && said != "none" && said != "host") {
        return Error{ErrorCode::invalid, "--job-network " + said + ": use internet, none or host"};
    }
    if (o.sandbox == "none" || said == "host") { return Network::host; }
    return said == "none" ? Network::none : Network::internet;
}

/// Limits of a job that names none: without any, one job would take the whole machine, for ever.
Status parse_defaults(const Options& o, std::uint64_t machine_memory, RunnerSettings& to) {
    constexpr std::uint64_t kMiB = 1ULL << 20U;
    constexpr std::uint64_t kShareLeast = 512 * kMiB;  // with less hardly a job can begin
    const std::uint64_t share = machine_memory / std::max<std::uint64_t>(o.service.slots, 1);
    if (o.default_memory.empty()) {
        to.default_memory_bytes = std::min(std::max(share, kShareLeast), machine_memory) / kMiB * kMiB;
    } else if (o.default_memory != "none") {
        auto bytes = job::parse_bytes(o.default_memory);
        if (!bytes) { return Error{ErrorCode::invalid, "--default-memory: " + bytes.error().message}; }
        to.default_memory_bytes = *bytes;
    }
    if (o.default_time_limit != "none") {
        auto ms = job::parse_duration_ms(o.default_time_limit);
        if (!ms) { return Error{ErrorCode::invalid, "--default-time-limit: " + ms.error().message}; }
        to.default_time_ms = *ms;
    }
    return {};
}

Status take_default_disk(const Options& o, RunnerSettings& to) {
    if (o.default_disk.empty()) { return {}; }
    const auto bytes = job::parse_bytes(o.default_disk);
    if (!bytes) { return Error{ErrorCode::invalid, "--default-disk: " + bytes.error().message}; }
    if (*bytes == 0 || *bytes > to.max_disk_bytes) {
        return Error{ErrorCode::invalid,
                     "--default-disk " + o.default_disk + ": it must be above 0 and at most --max-disk"};
    }
    to.default_disk_bytes = *bytes;
    return {};
}

}  // namespace

constexpr std::size_t kLabelBytesMax = 64;

std::string defaults_in_words(const RunnerSettings& settings) {
    std::string out = settings.default_time_ms > 0 ? time_in_words(settings.default_time_ms) : "any time";
    out += settings.default_memory_bytes > 0 ? ", " + size_in_words(settings.default_memory_bytes)
                                             : ", any memory";
    return "a job by default: " + out + ", " + size_in_words(settings.disk_bytes_by_default()) + " of disk";
}

Result<RunnerSettings> complete(Options& o) {
    const auto invalid = [](const std::string& words) { return Error{ErrorCode::invalid, words}; };
    if (o.sandbox != "bwrap" && o.sandbox != "none") {
        return invalid("--sandbox " + o.sandbox + ": use bwrap or none");
    }
    const auto endpoints = daemon::endpoints_in(o.data);
    if (!endpoints) { return endpoints.error(); }
    if (auto taken = parse_key(o); !taken) { return taken.error(); }
    const auto machine = this_machine();
    auto& service = o.service;
    if (service.name.empty()) { service.name = machine.name; }
    if (service.name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") !=
            std::string::npos ||
        service.name.front() == '.') {
        return invalid("--name " + service.name + ": use letters, digits, and . _ - inside");
    }
    for (const std::string& label : service.labels) {
        if (label.empty() || label.size() > kLabelBytesMax || service.labels.size() > kLabelsMax) {
            return invalid("--label " + label + ": give at most " + std::to_string(kLabelsMax) +
                           " labels, each of 1 to " + std::to_string(kLabelBytesMax) + " bytes");
        }
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
    // Beside the work folder, so that a bundle has a name in both.
    out.bundles = absolute(o.work.empty() ? o.data + "/worker/bundles-" + service.name
                                          : o.work + "/bundles-" + service.name);
    out.bundles_max_bytes = o.bundles_max;
    out.boxes = absolute(o.data + "/worker/boxes-" + service.name);
    // Outcomes are kept below the data directory, and outputs too where the sink shares it.
    out.also_written = {absolute(o.data)};
    out.envs.folder = absolute(o.envs.empty() ? o.data + "/worker/envs" : o.envs);
    out.envs.wheelhouse = o.wheelhouse.empty() ? "" : absolute(o.wheelhouse);
    if (!o.wheelhouse.empty() && !std::filesystem::is_directory(out.envs.wheelhouse)) {
        return invalid("--wheelhouse " + o.wheelhouse + " is not a folder");
    }
    out.envs.constraints = o.constraints.empty() ? "" : absolute(o.constraints);
    if (!o.constraints.empty() && !std::filesystem::is_regular_file(out.envs.constraints)) {
        return invalid("--constraints " + o.constraints + " is not a file");
    }
    out.envs.named = absolute(o.environments.empty() ? o.data + "/environments" : o.environments);
    out.images = absolute(o.images.empty() ? o.data + "/images" : o.images);
    out.envs.index = o.pip_index;
    out.envs.max_bytes = o.envs_max;
    out.max_log_bytes = o.max_log;
    out.retry_s = static_cast<std::uint32_t>(o.retry_s);
    out.retry_most_s = static_cast<std::uint32_t>(o.retry_most_s);
    const auto network = network_of(o);
    if (!network) { return network.error(); }
    out.network = *network;
    for (const std::string& text : o.job_network_allow) {
        const auto range = parse_cidr(text);
        if (!range) { return invalid("--job-network-allow " + range.error().message); }
        out.network_allowed.push_back(*range);
    }
    out.max_processes = static_cast<std::uint32_t>(o.max_processes);
    out.max_disk_files = o.max_files;
    const auto disk = job::parse_bytes(o.max_disk);
    if (!disk) { return invalid("--max-disk: " + disk.error().message); }
    out.max_disk_bytes = *disk;
    if (auto taken = take_default_disk(o, out); !taken) { return taken.error(); }
    if (!o.job_uids.empty()) {
        auto range = parse_user_range(o.job_uids);
        if (!range) { return invalid("--job-uids " + range.error().message); }
        out.job_users = *range;
    }
    const std::uint32_t users = out.job_users.last - out.job_users.first + 1;
    if (users < service.slots) {
        return invalid("--job-uids " + o.job_uids + ": " + std::to_string(users) + " users are too few for " +
                       std::to_string(service.slots) + " jobs at once");
    }
    out.prepares = users / 2 >= service.slots;
    if (auto taken = parse_defaults(o, machine.memory_bytes, out); !taken) { return taken.error(); }
    return out;
}

}  // namespace nias::worker
