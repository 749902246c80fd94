#include "worker/cgroup.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <vector>

#include "base/clock.hpp"
#include "worker/process.hpp"

namespace nias::worker {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t kPeriodUs = 100'000;

bool write_to(const std::string& file, const std::string& text) {
    const Descriptor out(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
    return out && ::write(out.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

std::string read_from(const std::string& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::uint64_t number_in(const std::string& file) {
    const std::string text = read_from(file);
    std::uint64_t out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

/// Of a file of `key value` lines.
std::uint64_t value_of(const std::string& file, const std::string& key) {
    std::istringstream lines(read_from(file));
    std::string name;
    std::uint64_t value = 0;
    while (lines >> name >> value) {
        if (name == key) { return value; }
    }
    return 0;
}

struct Mounts {
    std::string unified;                          ///< where version 2 is mounted
    std::map<std::string, std::string> version1;  ///< controller → where
};

Mounts mounts() {
    Mounts out;
    std::istringstream lines(read_from("/proc/self/mounts"));
    std::string line;
    while (std::getline(lines, line)) {
        std::istringstream words(line);
        std::string device, place, kind, options;
        words >> device >> place >> kind >> options;
        if (kind == "cgroup2") { out.unified = place; }
        if (kind != "cgroup") { continue; }
        std::istringstream names(options);
        std::string name;
        while (std::getline(names, name, ',')) { out.version1[name] = place; }
    }
    return out;
}

/// Controller → this process's group; "" is version 2.
std::map<std::string, std::string> own_groups() {
    std::map<std::string, std::string> out;
    std::istringstream lines(read_from("/proc/self/cgroup"));
    std::string line;
    while (std::getline(lines, line)) {
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(':', first + 1);
        if (second == std::string::npos) { continue; }
        std::string path = line.substr(second + 1);
        if (path == "/") { path.clear(); }
        std::istringstream names(line.substr(first + 1, second - first - 1));
        std::string name;
        bool any = false;
        while (std::getline(names, name, ',')) {
            out[name] = path;
            any = true;
        }
        if (!any) { out[""] = path; }
    }
    return out;
}

/// Removes the groups that workers of this name left when they were killed. A group of one that lives is not
/// touched: two servers of one machine may have workers of one name.
void remove_stale(const std::string& group, const std::string& prefix) {
    std::error_code error;
    std::vector<fs::path> stale;
    for (const auto& entry : fs::directory_iterator(group, error)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with(prefix)) { continue; }
        pid_t pid = 0;
        const auto parsed = std::from_chars(name.data() + prefix.size(), name.data() + name.size(), pid);
        if (parsed.ec == std::errc{} && parsed.ptr == name.data() + name.size() && ::kill(pid, 0) != 0 &&
            errno == ESRCH) {
            stale.push_back(entry.path());
        }
    }
    for (const fs::path& parent : stale) {
        for (const auto& entry : fs::directory_iterator(parent, error)) {
            if (entry.is_directory(error)) { ::rmdir(entry.path().c_str()); }
        }
        ::rmdir(parent.c_str());
    }
}

/// A folder of this worker's own below `group`, where one can be made.
std::string parent_in(const std::string& group, const std::string& worker) {
    const std::string prefix = "nias-" + worker + "-";
    remove_stale(group, prefix);
    std::string parent = group + "/" + prefix + std::to_string(::getpid());
    if (::mkdir(parent.c_str(), 0755) != 0 && errno != EEXIST) { return {}; }
    const std::string probe = parent + "/probe";
    if (::mkdir(probe.c_str(), 0755) != 0) { return {}; }
    ::rmdir(probe.c_str());
    return parent;
}

/// Version 2: a group with children may hold no process, so the worker steps down into a leaf first.
std::string delegated(const std::string& group, const std::string& worker) {
    const std::string wanted = read_from(group + "/cgroup.controllers");
    if (wanted.find("memory") == std::string::npos || wanted.find("pids") == std::string::npos) { return {}; }
    const std::string leaf = group + "/nias-worker-" + worker + "-" + std::to_string(::getpid());
    if (::mkdir(leaf.c_str(), 0755) != 0 && errno != EEXIST) { return {}; }
    if (!write_to(leaf + "/cgroup.procs", "0")) { return {}; }
    const std::string on = wanted.find("cpu") == std::string::npos ? "+memory +pids" : "+memory +pids +cpu";
    if (!write_to(group + "/cgroup.subtree_control", on)) { return {}; }
    std::string parent = parent_in(group, worker);
    if (parent.empty() || !write_to(parent + "/cgroup.subtree_control", on)) { return {}; }
    return parent;
}

}  // namespace

Cgroups Cgroups::none() { return {}; }

Cgroups Cgroups::find(const std::string& worker) {
    Cgroups out;
    const Mounts where = mounts();
    auto own = own_groups();
    if (!where.unified.empty()) {
        const std::string parent = delegated(where.unified + own[""], worker);
        if (!parent.empty()) {
            out.version_ = 2;
            out.memory_ = out.cpu_ = out.cpuacct_ = out.pids_ = parent;
            return out;
        }
    }
    const auto parent_of = [&](const std::string& controller) -> std::string {
        const auto place = where.version1.find(controller);
        return place == where.version1.end() ? "" : parent_in(place->second + own[controller], worker);
    };
    out.version_ = 1;
    out.memory_ = parent_of("memory");
    out.cpu_ = parent_of("cpu");
    out.cpuacct_ = parent_of("cpuacct");
    out.pids_ = parent_of("pids");
    return out;
}

std::string Cgroups::words() const {
    if (!available()) {
        return "no control group can be made here: memory limits are limits of address space, usage is what "
               "wait4 tells, "
               "and running out of memory cannot be told from other failures";
    }
    std::string have;
    for (const auto& [name, folder] :
         {std::pair{"memory", memory_}, {"cpu", cpu_}, {"cpuacct", cpuacct_}, {"pids", pids_}}) {
        if (!folder.empty()) { have += std::string(have.empty() ? "" : ", ") + name; }
    }
    return "control groups, version " + std::to_string(version_) + ": " + have;
}

Result<Group> Cgroups::make(const std::string& name, const GroupLimits& limits) const {
    Group group;
    group.version_ = version_;
    const auto place = [&](const std::string& parent) {
        return parent.empty() ? std::string() : parent + "/" + name;
    };
    group.memory_ = place(memory_);
    group.cpu_ = place(cpu_);
    group.cpuacct_ = place(cpuacct_);
    group.pids_ = place(pids_);
    const std::set<std::string> folders{group.memory_, group.cpu_, group.cpuacct_, group.pids_};
    for (const std::string& folder : folders) {
        if (folder.empty()) { continue; }
        const auto failed = [&] {
            return Error{ErrorCode::unavailable,
                         "the control group " + folder + " cannot be made: " + std::strerror(errno)};
        };
        if (::mkdir(folder.c_str(), 0755) != 0) { return failed(); }
        group.folders_.push_back(folder);
        Descriptor entrance(::open((folder + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
        if (!entrance) { return failed(); }
        group.entrances_.push_back(std::move(entrance));
    }
    const bool two = version_ == 2;
    bool good = true;
    if (!group.memory_.empty() && limits.memory_bytes > 0) {
        const std::string bytes = std::to_string(limits.memory_bytes);
        good = write_to(group.memory_ + (two ? "/memory.max" : "/memory.limit_in_bytes"), bytes);
        (void)write_to(group.memory_ + (two ? "/memory.swap.max" : "/memory.memsw.limit_in_bytes"),
                       two ? "0" : bytes);  // hosts without swap lack it
        if (two) { (void)write_to(group.memory_ + "/memory.oom.group", "1"); }
    }
    if (good && !group.pids_.empty()) {
        good = write_to(group.pids_ + "/pids.max", std::to_string(limits.processes));
    }
    if (good && !group.cpu_.empty() && limits.cpus > 0) {
        const std::string quota = std::to_string(limits.cpus * kPeriodUs);
        good = two ? write_to(group.cpu_ + "/cpu.max", quota + " " + std::to_string(kPeriodUs))
                   : write_to(group.cpu_ + "/cpu.cfs_quota_us", quota);
    }
    if (!good) {
        return Error{ErrorCode::unavailable,
                     "the limits of control group " + name + " cannot be set: " + std::strerror(errno)};
    }
    return group;
}

Group::~Group() {
    if (folders_.empty()) { return; }
    (void)kill_all(5000);
    for (const std::string& folder : folders_) { ::rmdir(folder.c_str()); }
}

std::vector<int> Group::join() const {
    std::vector<int> out;
    for (const Descriptor& entrance : entrances_) { out.push_back(entrance.get()); }
    return out;
}

std::uint64_t Group::cpu_ms() const {
    if (version_ == 2) { return cpu_.empty() ? 0 : value_of(cpu_ + "/cpu.stat", "usage_usec") / 1000; }
    return cpuacct_.empty() ? 0 : number_in(cpuacct_ + "/cpuacct.usage") / 1'000'000;
}

std::uint64_t Group::peak_memory_bytes() const {
    if (memory_.empty()) { return 0; }
    return number_in(memory_ + (version_ == 2 ? "/memory.peak" : "/memory.max_usage_in_bytes"));
}

std::uint64_t Group::oom_kills() const {
    if (memory_.empty()) { return 0; }
    return value_of(memory_ + (version_ == 2 ? "/memory.events" : "/memory.oom_control"), "oom_kill");
}

bool Group::kill_all(int timeout_ms) const {
    const Time end = now() + std::chrono::milliseconds(timeout_ms);
    while (true) {
        std::set<pid_t> inside;
        for (const std::string& folder : folders_) {
            std::istringstream pids(read_from(folder + "/cgroup.procs"));
            for (pid_t pid = 0; pids >> pid;) { inside.insert(pid); }
        }
        if (inside.empty()) { return true; }
        for (const pid_t pid : inside) {
            const Descriptor gone = watch_process(pid);
            ::kill(pid, SIGKILL);
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - now()).count();
            if (gone && !wait_readable(gone.get(), static_cast<int>(std::max<std::int64_t>(left, 0)))) {
                return false;
            }
        }
        if (now() >= end) { return false; }
    }
}

}  // namespace nias::worker
