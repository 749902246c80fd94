#include "worker/host/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/clock.hpp"
#include "base/numbers.hpp"

namespace nias::worker {
namespace {

/// The C library's header of pidfd_open cannot be used from C++ (2.36).
Descriptor open_pidfd(pid_t pid) { return Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

/// The message of a child that cannot become the program.
struct Failure {
    char step = 0;
    int error = 0;
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> out;
    out.reserve(texts.size() + 1);
    for (const std::string& text : texts) { out.push_back(const_cast<char*>(text.c_str())); }
    out.push_back(nullptr);
    return out;
}

[[noreturn]] void give_up(int pipe, char step) {
    const Failure failure{step, errno};
    (void)!::write(pipe, &failure, sizeof failure);
    ::_exit(127);
}

/// Between fork and exec of a threaded process: only calls that are safe in a signal handler, nothing
/// allocates.
[[noreturn]] void become(const Spawn& what, char** argv, char** env, int failed, pid_t parent) {
    ::setsid();
    for (const int group : what.join) {
        if (::write(group, "0", 1) != 1) { give_up(failed, 'g'); }
    }
    if (what.user) {
        if (const char step = become_user(*what.user, what.shown, what.tun, what.beside_others); step != 0) {
            give_up(failed, step);
        }
    }
    // After the change of user, at which the kernel forgets this wish.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) { ::_exit(127); }
    for (int number = 1; number < NSIG; ++number) { ::signal(number, SIG_DFL); }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0 || ::dup2(null, 0) < 0) { give_up(failed, 'i'); }
    const int out = what.output < 0 ? ::open("/dev/null", O_WRONLY | O_CLOEXEC) : what.output;
    if (::dup2(out, 1) < 0 || ::dup2(out, 2) < 0) { give_up(failed, 'i'); }
    if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) { give_up(failed, 'i'); }
    for (const int kept : what.inherit) {
        if (::fcntl(kept, F_SETFD, 0) != 0) { give_up(failed, 'i'); }
    }
    if (what.address_space_bytes > 0) {
        const rlimit limit{what.address_space_bytes, what.address_space_bytes};
        if (::setrlimit(RLIMIT_AS, &limit) != 0) { give_up(failed, 'm'); }
    }
    if (what.processes > 0) {
        const rlimit limit{what.processes, what.processes};
        if (::setrlimit(RLIMIT_NPROC, &limit) != 0) { give_up(failed, 'n'); }
    }
    if (!what.cpu_set.empty()) {
        cpu_set_t set;
        CPU_ZERO(&set);
        for (const int number : what.cpu_set) { CPU_SET(number, &set); }
        if (::sched_setaffinity(0, sizeof set, &set) != 0) { give_up(failed, 'c'); }
    }
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    if (::chdir(what.cwd.empty() ? "/" : what.cwd.c_str()) != 0) { give_up(failed, 'd'); }
    ::execve(argv[0], argv, env);
    give_up(failed, 'x');
}

std::string words_of(const Failure& failure, const Spawn& what) {
    const std::string reason = std::strerror(failure.error);
    switch (failure.step) {
        case 'g': return "the process cannot enter its control group: " + reason;
        case 'd': return what.cwd + " cannot be entered: " + reason;
        case 'c': return "the processors of the process cannot be set: " + reason;
        case 'n': return "the number of processes cannot be limited: " + reason;
        case 'm': return "the memory limit cannot be set: " + reason;
        case 's': return "the folders of the job cannot be shown to its user: " + reason;
        case 't': return std::string(kTunDevice) + " cannot be opened to a job's user: " + reason;
        case 'u':
            return "the process cannot become user " + std::to_string(what.user ? what.user->uid : 0) + ": " +
                   reason + "; give numbers that this machine maps with --job-uids";
        case 'x': return what.argv.front() + " cannot be executed: " + reason;
        default: return "the descriptors of " + what.argv.front() + " cannot be set up: " + reason;
    }
}

void add_usage(const rusage& usage, Ending& ending) {
    const auto ms = [](const timeval& time) {
        return static_cast<std::uint64_t>(time.tv_sec) * 1000 +
               static_cast<std::uint64_t>(time.tv_usec) / 1000;
    };
    ending.cpu_ms += ms(usage.ru_utime) + ms(usage.ru_stime);
    ending.peak_memory_bytes =
        std::max(ending.peak_memory_bytes, static_cast<std::uint64_t>(usage.ru_maxrss) * 1024);
}

/// Parent of every process, by one look at /proc.
std::multimap<pid_t, pid_t> children_by_parent() {
    std::multimap<pid_t, pid_t> out;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
        const std::string name = entry.path().filename().string();
        const auto pid = whole_number<pid_t>(name);
        if (!pid) { continue; }
        std::ifstream file(entry.path() / "stat");
        std::string line;
        std::getline(file, line);
        const std::size_t end_of_name = line.rfind(')');
        if (end_of_name == std::string::npos || end_of_name + 4 > line.size()) { continue; }
        pid_t parent = 0;
        std::from_chars(line.data() + end_of_name + 4, line.data() + line.size(), parent);  // ") S 123 …"
        out.emplace(parent, *pid);
    }
    return out;
}

}  // namespace

Result<Process> Process::spawn(const Spawn& what) {
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) {
        return Error{ErrorCode::unavailable, std::string("no pipe: ") + std::strerror(errno)};
    }
    const Descriptor told(pipe[0]);
    Descriptor tells(pipe[1]);
    const std::vector<char*> argv = pointers(what.argv);
    const std::vector<char*> env = pointers(what.env);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) {
        return Error{ErrorCode::unavailable, std::string("no new process: ") + std::strerror(errno)};
    }
    if (pid == 0) {
        become(what, const_cast<char**>(argv.data()), const_cast<char**>(env.data()), tells.get(), parent);
    }
    tells.reset();
    Process process(pid, open_pidfd(pid));
    Failure failure;
    if (::read(told.get(), &failure, sizeof failure) == sizeof failure) {
        return Error{ErrorCode::unavailable, words_of(failure, what)};
    }
    if (!process.pidfd_) {
        return Error{ErrorCode::unavailable, std::string("no pidfd: ") + std::strerror(errno)};
    }
    return process;
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), pidfd_(std::move(other.pidfd_)) {}

Process::~Process() {
    if (pid_ < 0) { return; }
    ::kill(pid_, SIGKILL);
    (void)reap();
}

Ending Process::reap() {
    int status = 0;
    rusage usage{};
    while (::wait4(pid_, &status, 0, &usage) < 0 && errno == EINTR) {}
    pid_ = -1;
    Ending ending;
    ending.signalled = WIFSIGNALED(status);
    ending.code = ending.signalled ? WTERMSIG(status) : WEXITSTATUS(status);
    add_usage(usage, ending);
    return ending;
}

void add_usage_of_orphan(pid_t pid, Ending& ending) {
    rusage usage{};
    if (::wait4(pid, nullptr, WNOHANG, &usage) == pid) { add_usage(usage, ending); }
}

std::vector<pid_t> signal_tree(pid_t root, int signal, bool with_root) {
    const auto children = children_by_parent();
    std::vector<pid_t> tree{root};
    for (std::size_t i = 0; i < tree.size(); ++i) {
        const auto [begin, end] = children.equal_range(tree[i]);
        for (auto child = begin; child != end; ++child) { tree.push_back(child->second); }
    }
    if (!with_root) { tree.erase(tree.begin()); }
    for (const pid_t pid : tree) { ::kill(pid, signal); }
    return tree;
}

Status limit_processes(pid_t pid, std::uint32_t most) {
    const rlimit limit{most, most};
    if (::prlimit(pid, RLIMIT_NPROC, &limit, nullptr) == 0) { return {}; }
    return Error{ErrorCode::unavailable,
                 std::string("the number of processes cannot be limited: ") + std::strerror(errno)};
}

Descriptor watch_process(pid_t pid) { return open_pidfd(pid); }

// Rounded up: of a millisecond of which a moment has gone poll() would be told nothing, and return at once.
bool wait_readable(int descriptor, int timeout_ms) {
    const Time end = now() + std::chrono::milliseconds(timeout_ms);
    while (true) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - now()).count();
        pollfd wanted{descriptor, POLLIN, 0};
        const int ready = ::poll(&wanted, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
        if (ready > 0) { return true; }
        if (ready == 0 || errno != EINTR) { return false; }
    }
}

Result<std::string> capture(const std::vector<std::string>& argv, std::size_t max_bytes, int timeout_ms,
                            const std::optional<JobUser>& user) {
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) {
        return Error{ErrorCode::unavailable, std::string("no pipe: ") + std::strerror(errno)};
    }
    const Descriptor out(pipe[0]);
    Descriptor in(pipe[1]);
    Spawn spawn;
    spawn.argv = argv;
    spawn.env = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=/nonexistent"};
    spawn.output = in.get();
    spawn.user = user;
    auto process = Process::spawn(spawn);
    in.reset();
    if (!process) { return process.error(); }
    std::string text;
    std::array<char, 4096> piece{};
    const Time end = now() + std::chrono::milliseconds(timeout_ms);
    while (true) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - now()).count();
        if (!wait_readable(out.get(), static_cast<int>(std::max<std::int64_t>(left, 0)))) {
            return Error{ErrorCode::unavailable,
                         argv.front() + " did not answer within " + std::to_string(timeout_ms / 1000) + " s"};
        }
        const ssize_t count = ::read(out.get(), piece.data(), piece.size());
        if (count <= 0) { break; }
        if (text.size() < max_bytes) { text.append(piece.data(), static_cast<std::size_t>(count)); }
    }
    const Ending ending = process->reap();
    if (ending.signalled || ending.code != 0) {
        return Error{ErrorCode::unavailable,
                     argv.front() + " failed (" + std::to_string(ending.code) + "): " + text.substr(0, 400)};
    }
    return text;
}

}  // namespace nias::worker
