// Version 2: one hierarchy, in which a group with children may hold no process.
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "worker/host/cgroup_version.hpp"

namespace nias::worker {
namespace {

constexpr std::uint64_t kPeriodUs = 100'000;

class GroupFilesV2 final : public GroupFiles {
public:
    GroupFilesV2(std::string folder, bool has_cpu) : folder_(std::move(folder)), has_cpu_(has_cpu) {}

    [[nodiscard]] std::vector<std::string> folders() const override { return {folder_}; }
    [[nodiscard]] bool limit(const Limits& limits) const override {
        if (limits.memory_bytes > 0) {
            if (!write_cgroup_file(folder_ + "/memory.max", std::to_string(limits.memory_bytes))) {
                return false;
            }
            // Hosts without swap lack the first file; kernels before 4.19 the second.
            (void)write_cgroup_file(folder_ + "/memory.swap.max", "0");
            (void)write_cgroup_file(folder_ + "/memory.oom.group", "1");
        }
        if (!write_cgroup_file(folder_ + "/pids.max", std::to_string(limits.processes))) { return false; }
        return !has_cpu_ || limits.cpus == 0 ||
               write_cgroup_file(folder_ + "/cpu.max",
                                 std::to_string(limits.cpus * kPeriodUs) + " " + std::to_string(kPeriodUs));
    }
    [[nodiscard]] std::uint64_t cpu_ms() const override {
        return value_in(folder_ + "/cpu.stat", "usage_usec") / 1000;
    }
    [[nodiscard]] std::uint64_t peak_memory_bytes() const override {
        return number_in(folder_ + "/memory.peak");
    }
    [[nodiscard]] std::uint64_t oom_kills() const override {
        return value_in(folder_ + "/memory.events", "oom_kill");
    }
    [[nodiscard]] std::uint64_t refused_forks() const override {
        return value_in(folder_ + "/pids.events", "max");
    }

private:
    std::string folder_;
    bool has_cpu_;
};

class CgroupsV2 final : public CgroupVersion {
public:
    CgroupsV2(std::string parent, bool has_cpu) : parent_(std::move(parent)), has_cpu_(has_cpu) {}

    [[nodiscard]] bool limits_memory() const override { return true; }
    [[nodiscard]] bool limits_processes() const override { return true; }
    [[nodiscard]] std::string words() const override {
        return std::string("control groups, version 2: memory, pids") + (has_cpu_ ? ", cpu" : "");
    }
    [[nodiscard]] std::unique_ptr<const GroupFiles> files_of(const std::string& job) const override {
        return std::make_unique<GroupFilesV2>(parent_ + "/" + job, has_cpu_);
    }

private:
    std::string parent_;
    bool has_cpu_;
};

}  // namespace

std::shared_ptr<const CgroupVersion> find_cgroup_v2(const CgroupPlaces& places, const std::string& worker) {
    if (places.unified.empty()) { return nullptr; }
    const auto own = places.own.find("");
    const std::string group = places.unified + (own == places.own.end() ? "" : own->second);
    const std::string offered = read_cgroup_file(group + "/cgroup.controllers");
    if (offered.find("memory") == std::string::npos || offered.find("pids") == std::string::npos) {
        return nullptr;
    }
    // The worker steps down into a leaf, so that its own group may have children.
    const std::string leaf = group + "/nias-worker-" + worker + "-" + std::to_string(::getpid());
    if (::mkdir(leaf.c_str(), 0755) != 0 && errno != EEXIST) { return nullptr; }
    if (!write_cgroup_file(leaf + "/cgroup.procs", "0")) { return nullptr; }
    const bool has_cpu = offered.find("cpu") != std::string::npos;
    const std::string on = has_cpu ? "+memory +pids +cpu" : "+memory +pids";
    if (!write_cgroup_file(group + "/cgroup.subtree_control", on)) { return nullptr; }
    std::string parent = cgroup_parent_in(group, worker);
    if (parent.empty() || !write_cgroup_file(parent + "/cgroup.subtree_control", on)) { return nullptr; }
    return std::make_shared<CgroupsV2>(std::move(parent), has_cpu);
}

}  // namespace nias::worker
