// Version 1: a hierarchy a controller, each mounted at a place of its own; a host may have some of them.
#include <set>

#include "worker/host/cgroup_version.hpp"

namespace nias::worker {
namespace {

constexpr std::uint64_t kPeriodUs = 100'000;

/// The folder of each controller; empty where the host has none that can be used.
struct Folders {
    std::string memory, cpu, cpuacct, pids;
};

class GroupFilesV1 final : public GroupFiles {
public:
    explicit GroupFilesV1(Folders at) : at_(std::move(at)) {}

    [[nodiscard]] std::vector<std::string> folders() const override {
        std::set<std::string> out{at_.memory, at_.cpu, at_.cpuacct, at_.pids};  // cpu,cpuacct share one
        out.erase("");
        return {out.begin(), out.end()};
    }
    [[nodiscard]] bool limit(const Limits& limits) const override {
        if (!at_.memory.empty() && limits.memory_bytes > 0) {
            const std::string bytes = std::to_string(limits.memory_bytes);
            if (!write_cgroup_file(at_.memory + "/memory.limit_in_bytes", bytes)) { return false; }
            // Hosts that do not count swap lack this file.
            (void)write_cgroup_file(at_.memory + "/memory.memsw.limit_in_bytes", bytes);
        }
        if (!at_.pids.empty() &&
            !write_cgroup_file(at_.pids + "/pids.max", std::to_string(limits.processes))) {
            return false;
        }
        return at_.cpu.empty() || limits.cpus == 0 ||
               write_cgroup_file(at_.cpu + "/cpu.cfs_quota_us", std::to_string(limits.cpus * kPeriodUs));
    }
    [[nodiscard]] std::uint64_t cpu_ms() const override {
        return at_.cpuacct.empty() ? 0 : number_in(at_.cpuacct + "/cpuacct.usage") / 1'000'000;
    }
    [[nodiscard]] std::uint64_t peak_memory_bytes() const override {
        return at_.memory.empty() ? 0 : number_in(at_.memory + "/memory.max_usage_in_bytes");
    }
    [[nodiscard]] std::uint64_t oom_kills() const override {
        return at_.memory.empty() ? 0 : value_in(at_.memory + "/memory.oom_control", "oom_kill");
    }
    [[nodiscard]] std::uint64_t refused_forks() const override {
        return at_.pids.empty() ? 0 : value_in(at_.pids + "/pids.events", "max");
    }

private:
    Folders at_;
};

class CgroupsV1 final : public CgroupVersion {
public:
    explicit CgroupsV1(Folders parents) : parents_(std::move(parents)) {}

    [[nodiscard]] bool limits_memory() const override { return !parents_.memory.empty(); }
    [[nodiscard]] bool limits_processes() const override { return !parents_.pids.empty(); }
    [[nodiscard]] std::string words() const override {
        std::string have;
        for (const auto& [name, folder] : {std::pair{"memory", parents_.memory},
                                           {"cpu", parents_.cpu},
                                           {"cpuacct", parents_.cpuacct},
                                           {"pids", parents_.pids}}) {
            if (!folder.empty()) { have += std::string(have.empty() ? "" : ", ") + name; }
        }
        return "control groups, version 1: " + have;
    }
    [[nodiscard]] std::unique_ptr<const GroupFiles> files_of(const std::string& job) const override {
        const auto place = [&](const std::string& parent) {
            return parent.empty() ? std::string() : parent + "/" + job;
        };
        return std::make_unique<GroupFilesV1>(Folders{place(parents_.memory), place(parents_.cpu),
                                                      place(parents_.cpuacct), place(parents_.pids)});
    }

private:
    Folders parents_;
};

}  // namespace

std::shared_ptr<const CgroupVersion> find_cgroup_v1(const CgroupPlaces& places, const std::string& worker) {
    const auto parent_of = [&](const std::string& controller) -> std::string {
        const auto mounted = places.version1.find(controller);
        const auto own = places.own.find(controller);
        if (mounted == places.version1.end()) { return {}; }
        return cgroup_parent_in(mounted->second + (own == places.own.end() ? "" : own->second), worker);
    };
    Folders parents{parent_of("memory"), parent_of("cpu"), parent_of("cpuacct"), parent_of("pids")};
    if (parents.memory.empty() && parents.pids.empty()) { return nullptr; }
    return std::make_shared<CgroupsV1>(std::move(parents));
}

}  // namespace nias::worker
