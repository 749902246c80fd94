#include "cli/server/child.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "daemon/program.hpp"

namespace nias::cli {
namespace {

constexpr std::chrono::milliseconds kLeastBackOff{100};
constexpr std::chrono::milliseconds kMostBackOff{30'000};
constexpr std::chrono::minutes kSteady{1};
constexpr int kReadyDescriptor = 3;

/// In the child, between fork and exec: only async-signal-safe calls.
[[noreturn]] void become(const char* program, char* const* argv, char* const* environment, int ready,
                         pid_t parent) {
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::setpgid(0, 0);                     // Ctrl-C is for the parent, which then ends its children in order
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // and where the parent is killed, they drain and end
    if (::getppid() != parent) { ::_exit(127); }
    if (ready == kReadyDescriptor) {
        ::fcntl(ready, F_SETFD, 0);
    } else {
        ::dup2(ready, kReadyDescriptor);
    }
    ::execve(program, argv, environment);
    ::_exit(127);
}

}  // namespace

Child::Child(std::string name, std::string program, std::vector<std::string> args, std::string run_dir)
    : name_(std::move(name)),
      program_(std::move(program)),
      args_(std::move(args)),
      pid_file_(std::move(run_dir) + "/" + name_ + ".pid") {}

Child::Child(Child&& other) noexcept
    : name_(std::move(other.name_)),
      program_(std::move(other.program_)),
      args_(std::move(other.args_)),
      pid_file_(std::move(other.pid_file_)),
      pid_(std::exchange(other.pid_, 0)),
      pid_fd_(std::exchange(other.pid_fd_, -1)),
      ready_fd_(std::exchange(other.ready_fd_, -1)),
      ready_(other.ready_),
      started_(other.started_),
      restart_at_(other.restart_at_),
      back_off_(other.back_off_) {}

Child::~Child() {
    if (pid_ > 0) {
        signal(SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        ::unlink(pid_file_.c_str());
    }
    close_descriptors();
}

void Child::close_descriptors() {
    for (int* descriptor : {&pid_fd_, &ready_fd_}) {
        if (*descriptor >= 0) { ::close(std::exchange(*descriptor, -1)); }
    }
}

Status Child::start() {
    int pipe[2] = {-1, -1};
    if (::pipe2(pipe, O_CLOEXEC) != 0) {
        return Error{ErrorCode::unavailable, std::string("no pipe: ") + std::strerror(errno)};
    }
    std::vector<char*> argv{program_.data()};
    for (std::string& arg : args_) { argv.push_back(arg.data()); }
    argv.push_back(nullptr);
    std::string ready = "NIAS_READY_FD=" + std::to_string(kReadyDescriptor);
    std::vector<char*> environment{ready.data()};
    for (char** entry = environ; *entry != nullptr; ++entry) {
        if (!std::string_view(*entry).starts_with("NIAS_")) {
            environment.push_back(*entry);
        }  // theirs are on the command line
    }
    environment.push_back(nullptr);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) { become(program_.c_str(), argv.data(), environment.data(), pipe[1], parent); }
    ::close(pipe[1]);
    if (pid < 0) {
        ::close(pipe[0]);
        return Error{ErrorCode::unavailable, name_ + " could not be started: " + std::strerror(errno)};
    }
    pid_ = pid;
    pid_fd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    ready_fd_ = pipe[0];
    ready_ = false;
    started_ = now();
    std::ofstream(pid_file_) << pid << '\n';
    return {};
}

void Child::signal(int number) const {
    if (pid_ > 0) { ::kill(pid_, number); }
}

std::optional<std::string> Child::reap() {
    int status = 0;
    if (pid_ <= 0 || ::waitpid(pid_, &status, WNOHANG) != pid_) { return std::nullopt; }
    pid_ = 0;
    ready_ = false;
    close_descriptors();
    ::unlink(pid_file_.c_str());
    const Time time = now();
    if (time - started_ > kSteady) { back_off_ = kLeastBackOff; }
    restart_at_ = time + back_off_;
    back_off_ = std::min(back_off_ * 2, kMostBackOff);
    if (WIFEXITED(status) && WEXITSTATUS(status) == daemon::kRefusedExit) {
        restart_at_ = Time::max();
        return "refused until a person acts, as its message above says";
    }
    return WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                               : "exit code " + std::to_string(WEXITSTATUS(status));
}

void Child::read_readiness() {
    std::array<char, 16> words{};
    const ssize_t count = ::read(ready_fd_, words.data(), words.size());
    if (count > 0) { ready_ = true; }
    ::close(std::exchange(ready_fd_, -1));
}

}  // namespace nias::cli
