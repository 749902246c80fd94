#include "worker/host/machine.hpp"

#include <sched.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include <algorithm>
#include <fstream>

namespace nias::worker {

Machine this_machine() {
    Machine out;
    utsname names{};
    if (::uname(&names) == 0) {
        out.name = static_cast<const char*>(names.nodename);
        out.system = std::string(static_cast<const char*>(names.sysname)) + " " +
                     static_cast<const char*>(names.release) + " " + static_cast<const char*>(names.machine);
    }
    if (out.name.empty()) { out.name = "worker"; }
    cpu_set_t set;
    if (::sched_getaffinity(0, sizeof set, &set) == 0) {
        out.cpus = static_cast<std::uint32_t>(std::max(1, CPU_COUNT(&set)));
    }
    struct sysinfo info {};
    if (::sysinfo(&info) == 0) { out.memory_bytes = std::uint64_t{info.totalram} * info.mem_unit; }
    return out;
}

std::string home_of(const std::string& locked_file) {
    struct stat info {};
    std::ifstream boot("/proc/sys/kernel/random/boot_id");
    std::string id;
    if (!std::getline(boot, id) || ::stat(locked_file.c_str(), &info) != 0) { return {}; }
    return id + ":" + std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
}

}  // namespace nias::worker
