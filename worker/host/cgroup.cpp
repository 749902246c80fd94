#include "worker/host/cgroup.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <sstream>

#include "base/clock.hpp"
#include "worker/host/cgroup_version.hpp"
#include "worker/host/process.hpp"

namespace nias::worker {

Cgroups Cgroups::find(const std::string& worker) {
    const CgroupPlaces places =
        cgroup_places(read_cgroup_file("/proc/self/mounts"), read_cgroup_file("/proc/self/cgroup"));
    Cgroups out;
    out.version_ = find_cgroup_v2(places, worker);
    if (!out.version_) { out.version_ = find_cgroup_v1(places, worker); }
    return out;
}

bool Cgroups::limits_memory() const { return version_ && version_->limits_memory(); }
bool Cgroups::limits_processes() const { return version_ && version_->limits_processes(); }

std::string Cgroups::words() const {
    if (version_) { return version_->words(); }
    return "no control group can be made here: memory limits are limits of address space, processes are "
           "bounded by the user's limit, usage is what wait4 tells, and running out of memory cannot be told "
           "from other failures";
}

Result<Group> Cgroups::make(const std::string& name, const Limits& limits) const {
    Group group(version_->files_of(name));
    for (const std::string& folder : group.files_->folders()) {
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
    if (!group.files_->limit(limits)) {
        return Error{ErrorCode::unavailable,
                     "the limits of control group " + name + " cannot be set: " + std::strerror(errno)};
    }
    return group;
}

Group::Group(std::unique_ptr<const GroupFiles> files) : files_(std::move(files)) {}
Group::Group(Group&&) noexcept = default;

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

std::uint64_t Group::cpu_ms() const { return files_->cpu_ms(); }
std::uint64_t Group::peak_memory_bytes() const { return files_->peak_memory_bytes(); }
std::uint64_t Group::oom_kills() const { return files_->oom_kills(); }
std::uint64_t Group::refused_forks() const { return files_->refused_forks(); }

bool Group::kill_all(int timeout_ms) const {
    const Time end = now() + std::chrono::milliseconds(timeout_ms);
    while (true) {
        std::set<pid_t> inside;
        for (const std::string& folder : folders_) {
            std::istringstream pids(read_cgroup_file(folder + "/cgroup.procs"));
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
