#include "worker/host/machine.hpp"

#include <sched.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include <algorithm>

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

}  // namespace nias::worker
