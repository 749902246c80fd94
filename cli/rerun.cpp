// nias rerun: the same bundle as another job, with other limits where they are named.
#include <iostream>

#include "cli/jobs/one_job.hpp"
#include "cli/verbs.hpp"
#include "job/manifest/measures.hpp"

namespace nias::cli {
namespace {

/// The same bounds as time_limit has in nias.toml.
Result<std::uint64_t> time_limit_of(const std::string& text, bool also_in_seconds) {
    constexpr std::uint64_t kMostMs = 366ULL * 24 * 3600 * 1000;
    if (also_in_seconds) {
        return Error{ErrorCode::invalid, "--time-limit and --time-limit-s say the same: give one of them"};
    }
    auto ms = job::parse_duration_ms(text);
    if (!ms) { return Error{ErrorCode::invalid, "--time-limit: " + ms.error().message}; }
    if (*ms >= 1000 && *ms <= kMostMs) { return ms; }
    return Error{ErrorCode::invalid, "--time-limit " + text + ": it must be from 1 second to 366 days"};
}

/// The same bounds as disk has in nias.toml.
Result<std::uint64_t> room_of(const std::string& text) {
    auto bytes = job::parse_bytes(text);
    if (!bytes) { return Error{ErrorCode::invalid, "--disk: " + bytes.error().message}; }
    if (*bytes >= 16U << 20U) { return bytes; }
    return Error{ErrorCode::invalid, "--disk must be at least 16 MiB"};
}

}  // namespace

int rerun(int argc, const char* const* argv) {
    OneJob one("nias rerun", "Runs a job's bundle again. Prints the id of the job that it makes.");
    daemon::Options& options = one.options();
    std::uint64_t cpus = 0;
    std::uint64_t memory_mib = 0;
    std::uint64_t time_limit_s = 0;
    std::string time_limit;
    std::string disk;
    bool failed = false;
    options.number("cpus", cpus, 0, 4096, "processors; 0: as many as before");
    options.number("memory-mib", memory_mib, 0, 1ULL << 30U, "memory in MiB; 0: as much as before");
    options.text("disk", disk, "room on its machine's disk, like \"10 GiB\"; left out: as much as before");
    options.number("time-limit-s", time_limit_s, 0, 366ULL * 24 * 3600, "seconds; 0: as long as before");
    options.text("time-limit", time_limit,
                 "time, like \"2h\", \"90 min\" or \"1:30:00\"; left out: as long as before");
    options.flag("failed", failed, "of an array only the members that failed, were too slow or were lost");
    if (const auto code = one.parse(argc, argv)) { return *code; }
    Limits limits;
    if (memory_mib > 0 && memory_mib < 16) {
        return one.report({ErrorCode::invalid, "--memory-mib must be at least 16"});
    }
    if (!disk.empty()) {
        const auto bytes = room_of(disk);
        if (!bytes) { return one.report(bytes.error()); }
        limits.disk_bytes = *bytes;
    }
    if (!time_limit.empty()) {
        const auto limit = time_limit_of(time_limit, time_limit_s > 0);
        if (!limit) { return one.report(limit.error()); }
        limits.time_limit_ms = *limit;
    }
    if (const auto code = one.find()) { return *code; }
    if (failed && !one.view().array) {
        return one.report({ErrorCode::invalid, "--failed is for arrays, and job " + one.id() + " is none"});
    }
    if (cpus > 0) { limits.cpus = static_cast<std::uint32_t>(cpus); }
    if (memory_mib > 0) { limits.memory_bytes = memory_mib << 20U; }
    if (time_limit_s > 0) { limits.time_limit_ms = time_limit_s * 1000; }
    const auto made = one.jobs().rerun(one.view(), limits, failed);
    if (!made) { return one.report(made.error()); }
    std::cout << to_string(*made) << '\n';
    return 0;
}

}  // namespace nias::cli
