// The zygote's own side: one thread, one poll, a process for each attempt. Nothing here logs or touches a
// socket of the worker's: other threads of the worker may have held those locks when it was forked.
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/numbers.hpp"
#include "service/worker/isolated/child.hpp"
#include "service/worker/isolated/zygote.hpp"

namespace nias::service {
namespace {

void pass_over(int) {}

/// The program's own handlers would run in the wrong process. A stop of the whole service reaches every
/// process of it, and attempts are to end in their own time then: such a signal is caught and passed over,
/// since an ignored one would stay ignored in programs that a handler starts. Crashes stay as they are.
void set_signals() {
    struct sigaction fresh {};
    for (const int number :
         {SIGCHLD, SIGUSR1, SIGUSR2, SIGALRM, SIGPIPE, SIGTSTP, SIGCONT, SIGWINCH, SIGIO}) {
        struct sigaction present {};
        const bool is_caught = ::sigaction(number, nullptr, &present) == 0 && present.sa_handler != SIG_IGN &&
                               present.sa_handler != SIG_DFL;
        fresh.sa_handler = SIG_DFL;
        if (is_caught || number == SIGCHLD) { ::sigaction(number, &fresh, nullptr); }
    }
    fresh.sa_handler = &pass_over;
    fresh.sa_flags = SA_RESTART;
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) { ::sigaction(number, &fresh, nullptr); }
}

/// As exec() does, for all but one. False: the system does not say which there are.
bool close_as_exec_does(int but) {
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/fd"), &::closedir);
    if (!folder) { return false; }
    std::vector<int> closing;
    while (const dirent* entry = ::readdir(folder.get())) {
        const std::optional<int> number = whole_number<int>(entry->d_name);
        if (!number || *number == but || *number == ::dirfd(folder.get())) { continue; }
        const int flags = ::fcntl(*number, F_GETFD);
        if (flags >= 0 && (flags & FD_CLOEXEC) != 0) { closing.push_back(*number); }
    }
    for (const int number : closing) { ::close(number); }
    return true;
}

/// exit() in a handler ends its process alone: what the program wants done at its own end is not done here.
void end_at_once(int status, void*) {
    std::fflush(nullptr);
    ::_exit(status);
}

/// The kernel, if it has to end something for want of memory, ends a handler before the worker.
void prefer_for_the_oom_killer() {
    const Descriptor file(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
    constexpr std::string_view kMore = "300";
    // Where it cannot be written, the kernel chooses as it does among all processes.
    if (file) { static_cast<void>(::write(file.get(), kMore.data(), kMore.size()) > 0); }
}

std::uint64_t ms_of(const timeval& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * 1000 + static_cast<std::uint64_t>(time.tv_usec) / 1000;
}

class Nursery {
public:
    Nursery(Descriptor control, Descriptor signals, const Worker::JobHandler& handler, const sigset_t& mask)
        : control_(std::move(control)), signals_(std::move(signals)), handler_(handler), mask_(mask) {}

    [[noreturn]] void run() {
        while (true) {
            std::vector<pollfd> waits{{control_.get(), POLLIN, 0}, {signals_.get(), POLLIN, 0}};
            for (const auto& [number, child] : children_) {
                if (child.ended) { waits.push_back({child.socket.get(), POLLOUT, 0}); }
            }
            static_cast<void>(::poll(waits.data(), waits.size(), -1));
            if (waits[1].revents != 0) { reap(); }
            if (waits[0].revents != 0) { serve(); }
            tell_ends();
        }
    }

private:
    struct Child {
        pid_t pid;
        Descriptor socket;           ///< the process's end; its own words come before those of its end
        std::optional<Ended> ended;  ///< not told yet
    };

    void serve() {
        ZygoteRequest request;
        iovec part{&request, sizeof request};
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const ssize_t size = ::recvmsg(control_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) { return; }
        if (size != static_cast<ssize_t>(sizeof request)) { end(); }
        Descriptor socket;
        const cmsghdr* const head = CMSG_FIRSTHDR(&message);
        if (head != nullptr && head->cmsg_type == SCM_RIGHTS) {
            int number = -1;
            std::memcpy(&number, CMSG_DATA(head), sizeof number);
            socket.reset(number);
        }
        switch (request.what) {
            case ZygoteRequest::What::begin: return begin(request.number, std::move(socket));
            case ZygoteRequest::What::kill: return kill(request.number);
            case ZygoteRequest::What::end: end();
        }
    }

    /// Without a socket there was no descriptor left for it: the other end sees it closed.
    void begin(std::uint64_t number, Descriptor socket) {
        if (!socket) { return; }
        const pid_t zygote = ::getpid();
        const pid_t pid = ::fork();
        if (pid == 0) { be_child(zygote, std::move(socket)); }
        if (pid < 0) {
            const int why = errno;
            send_frame(socket.get(), FrameKind::not_started, bytes_of(why), {}, Port::Wait::never);
            return;
        }
        ::setpgid(pid, pid);  // both sides do, so that it is done before either goes on
        children_.emplace(number, Child{pid, std::move(socket), std::nullopt});
    }

    [[noreturn]] void be_child(pid_t zygote, Descriptor socket) {
        ::setpgid(0, 0);
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != zygote) { ::_exit(0); }
        ::prctl(PR_SET_NAME, "nias-handler");
        children_.clear();
        control_.reset();
        signals_.reset();
        prefer_for_the_oom_killer();
        ::sigprocmask(SIG_SETMASK, &mask_, nullptr);
        run_attempt(std::move(socket), handler_);
    }

    void kill(std::uint64_t number) {
        const auto found = children_.find(number);
        if (found == children_.end() || found->second.ended) { return; }
        ::kill(-found->second.pid, SIGKILL);
    }

    /// A handler's end is also the end of all that it has started and left behind. The number of its process,
    /// which is also that of its group, belongs to nobody else until it is reaped.
    void reap() {
        signalfd_siginfo told{};
        while (::read(signals_.get(), &told, sizeof told) > 0) {}
        siginfo_t info{};
        while (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
            ::kill(-info.si_pid, SIGKILL);
            Ended ended;
            rusage usage{};
            if (::wait4(info.si_pid, &ended.wait_status, 0, &usage) < 0) { return; }
            ended.cpu_ms = ms_of(usage.ru_utime) + ms_of(usage.ru_stime);
            ended.peak_memory_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
            for (auto& [number, child] : children_) {
                if (child.pid == info.si_pid && !child.ended) { child.ended = ended; }
            }
            info = {};
        }
    }

    void tell_ends() {
        for (auto next = children_.begin(); next != children_.end();) {
            const auto current = next++;
            const Child& child = current->second;
            if (!child.ended) { continue; }
            const bool told = send_frame(child.socket.get(), FrameKind::ended, bytes_of(*child.ended), {},
                                         Port::Wait::never);
            if (told || (errno != EAGAIN && errno != EWOULDBLOCK)) { children_.erase(current); }
        }
    }

    [[noreturn]] void end() {
        for (const auto& [number, child] : children_) {
            if (!child.ended) { ::kill(-child.pid, SIGKILL); }
        }
        ::_exit(0);
    }

    Descriptor control_;
    Descriptor signals_;
    const Worker::JobHandler& handler_;
    const sigset_t mask_;  ///< the signal mask of handlers
    std::map<std::uint64_t, Child> children_;
};

/// The first words on the control socket: empty, or why there is no zygote.
[[noreturn]] void give_up(const Descriptor& control, std::string_view why) {
    static_cast<void>(::send(control.get(), why.data(), why.size(), MSG_NOSIGNAL));
    ::_exit(1);
}

}  // namespace

void run_zygote(Descriptor control, const Worker::JobHandler& handler) noexcept {
    ::setpgid(0, 0);  // a terminal's Ctrl-C is for the worker, which tells its handlers
    ::prctl(PR_SET_NAME, "nias-zygote");
    sigset_t before;
    sigset_t ends;
    ::sigemptyset(&ends);
    ::sigaddset(&ends, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &ends, &before);
    set_signals();
    if (!close_as_exec_does(control.get())) { give_up(control, "it cannot read /proc/self/fd"); }
    if (::on_exit(&end_at_once, nullptr) != 0) { give_up(control, "it has no room for its end"); }
    Descriptor signals(::signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals) { give_up(control, std::strerror(errno)); }
    const char ready = 0;
    static_cast<void>(::send(control.get(), &ready, sizeof ready, MSG_NOSIGNAL));
    Nursery(std::move(control), std::move(signals), handler, before).run();
}

}  // namespace nias::service
