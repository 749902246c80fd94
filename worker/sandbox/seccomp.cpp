#include "worker/sandbox/seccomp.hpp"

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/host/descriptor.hpp"

namespace nias::worker {
namespace {

/// By what they reach: other kernels, mounts, other processes, kernel programs, keys, modules, clocks, and
/// interfaces whose size has cost the kernel most of its escapes.
constexpr std::array kDenied{
    "kexec_load",
    "kexec_file_load",
    "reboot",
    "swapon",
    "swapoff",
    "acct",
    "syslog",
    "vhangup",
    "pivot_root",
    "chroot",
    "mount",
    "umount",
    "umount2",
    "mount_setattr",
    "move_mount",
    "open_tree",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "process_madvise",
    "kcmp",
    "pidfd_getfd",
    "perf_event_open",
    "bpf",
    "keyctl",
    "add_key",
    "request_key",
    "init_module",
    "finit_module",
    "delete_module",
    "create_module",
    "settimeofday",
    "stime",
    "clock_settime",
    "clock_settime64",
    "clock_adjtime",
    "clock_adjtime64",
    "adjtimex",
    "userfaultfd",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "unshare",
    "setns",
    "open_by_handle_at",
    "name_to_handle_at",
    "fanotify_init",
    "lookup_dcookie",
    "quotactl",
    "quotactl_fd",
    "iopl",
    "ioperm",
    "modify_ldt",
    "uselib",
    "nfsservctl",
    "sethostname",
    "setdomainname",
    "move_pages",
    "mbind",
    "migrate_pages",
    "set_mempolicy",
    "memfd_secret",
};
constexpr std::array kNamespaces{CLONE_NEWUSER, CLONE_NEWNS,  CLONE_NEWPID,   CLONE_NEWNET,
                                 CLONE_NEWIPC,  CLONE_NEWUTS, CLONE_NEWCGROUP};
constexpr std::array<unsigned, 2> kTerminal{TIOCSTI, TIOCLINUX};  // put words into somebody's terminal

struct Releaser {
    void operator()(void* context) const noexcept { seccomp_release(context); }
};

int fill(scmp_filter_ctx filter) {
    const auto deny = static_cast<std::uint32_t>(SCMP_ACT_ERRNO(EPERM));
    if (const int error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
        error != 0) {
        return error;
    }
    for (const char* name : kDenied) {
        const int number = seccomp_syscall_resolve_name(name);
        if (number < 0) { continue; }  // not a call of this architecture
        if (const int error = seccomp_rule_add(filter, deny, number, 0); error != 0) { return error; }
    }
    for (const int kind : kNamespaces) {
        const auto bit = static_cast<scmp_datum_t>(static_cast<unsigned>(kind));
        const scmp_arg_cmp wants{0, SCMP_CMP_MASKED_EQ, bit, bit};
        if (const int error = seccomp_rule_add_array(filter, deny, SCMP_SYS(clone), 1, &wants); error != 0) {
            return error;
        }
    }
    for (const unsigned request : kTerminal) {
        const scmp_arg_cmp asks{1, SCMP_CMP_MASKED_EQ, 0xFFFFFFFFU, request};
        if (const int error = seccomp_rule_add_array(filter, deny, SCMP_SYS(ioctl), 1, &asks); error != 0) {
            return error;
        }
    }
    return seccomp_rule_add(filter, static_cast<std::uint32_t>(SCMP_ACT_ERRNO(ENOSYS)), SCMP_SYS(clone3), 0);
}

}  // namespace

Result<std::string> seccomp_program() {
    const auto failed = [](int error) {
        return Error{ErrorCode::internal,
                     std::string("the system call filter cannot be built: ") + std::strerror(error)};
    };
    const std::unique_ptr<void, Releaser> filter(seccomp_init(SCMP_ACT_ALLOW));
    if (!filter) { return failed(ENOMEM); }
    if (const int error = fill(filter.get()); error != 0) { return failed(-error); }
    const Descriptor file(::memfd_create("nias-seccomp", MFD_CLOEXEC));
    if (!file) { return failed(errno); }
    if (const int error = seccomp_export_bpf(filter.get(), file.get()); error != 0) { return failed(-error); }
    const off_t size = ::lseek(file.get(), 0, SEEK_END);
    std::string program(static_cast<std::size_t>(std::max<off_t>(size, 0)), '\0');
    if (::pread(file.get(), program.data(), program.size(), 0) != size || size == 0) { return failed(EIO); }
    return program;
}

}  // namespace nias::worker
