#include "service/worker/isolated/zygote.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/log.hpp"

namespace nias::service {
namespace {

constexpr timeval kTakesWithin{10, 0};                    // a request; else the zygote is stopped or stuck
constexpr auto kStartsWithin = std::chrono::seconds(30);  // a large program on a slow host
constexpr int kEndsWithinMs = 5000;
constexpr auto kTriedWithin = std::chrono::milliseconds(100);

Error no_process(const std::string& why) {
    return {ErrorCode::unavailable, "cannot start the process that starts isolated handlers: " + why};
}

bool hangs_up(int socket, int most_ms) {
    pollfd one{socket, 0, 0};
    return ::poll(&one, 1, most_ms) > 0 && (one.revents & (POLLHUP | POLLERR)) != 0;
}

}  // namespace

Result<std::shared_ptr<Zygote>> Zygote::start(const Worker::JobHandler& handler) {
    auto ends = Port::pair();
    if (!ends) { return no_process(ends.error().message); }
    auto& [mine, its] = *ends;
    std::fflush(nullptr);  // what waits in a buffer is written by this process alone
    const pid_t pid = ::fork();
    if (pid < 0) {
        return no_process(
            std::strerror(errno) +
            std::string(": end some processes, or raise the limit of this user (ulimit -u) or of "
                        "its control group"));
    }
    if (pid == 0) {
        mine.reset();
        run_zygote(std::move(its), handler);
    }
    its.reset();
    ::setsockopt(mine.get(), SOL_SOCKET, SO_SNDTIMEO, &kTakesWithin, sizeof kTakesWithin);
    const int socket = mine.get();
    auto zygote = std::make_shared<Zygote>(pid, std::move(mine));
    pollfd ready{socket, POLLIN, 0};
    std::array<char, 256> words{};
    const bool in_time = ::poll(&ready, 1, std::chrono::milliseconds(kStartsWithin).count()) > 0;
    const ssize_t size = in_time ? ::recv(socket, words.data(), words.size() - 1, MSG_DONTWAIT) : -1;
    if (size <= 0) { return no_process(in_time ? "it has ended" : "it does not begin"); }
    if (words[0] != 0) { return no_process(words.data()); }
    return zygote;
}

Zygote::~Zygote() {
    static_cast<void>(ask({ZygoteRequest::What::end, 0}, -1));
    if (!hangs_up(control_.get(), kEndsWithinMs)) {
        log::warn("the process that starts isolated handlers does not end, and is killed");
        ::kill(pid_, SIGKILL);
    }
    // Another part of the program may have waited for it, or children may be forgotten by themselves.
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {}
}

Result<Zygote::Begun> Zygote::begin() {
    auto ends = Port::pair();
    if (!ends) { return ends.error(); }
    const std::uint64_t number = next_number_.fetch_add(1);
    if (!ask({ZygoteRequest::What::begin, number}, ends->second.get())) {
        return Error{ErrorCode::unavailable, "the process that starts isolated handlers takes no task: " +
                                                 std::string(std::strerror(errno))};
    }
    return Begun{Port(std::move(ends->first)), number};
}

void Zygote::kill(std::uint64_t number) const {
    if (!ask({ZygoteRequest::What::kill, number}, -1)) {
        log::debug("a handler's process was not killed: the zygote is gone, and it too");
    }
}

bool Zygote::is_gone() const { return hangs_up(control_.get(), 0); }

std::string Zygote::why_not() {
    if (is_gone()) {
        return "the process that starts isolated handlers has ended, the kernel's log may tell why: start "
               "this "
               "worker again";
    }
    if (!has_failed_.load()) { return {}; }
    const Status tried = try_one();
    if (tried) { has_failed_.store(false); }
    return tried ? std::string() : tried.error().message;
}

// A process whose port closes before a task came ends at once.
Status Zygote::try_one() {
    auto begun = begin();
    if (!begun) { return begun.error(); }
    ::shutdown(begun->port.descriptor(), SHUT_WR);
    Frame frame;
    const bool told = begun->port.wait_readable(kTriedWithin) &&
                      begun->port.receive(frame, Port::Wait::never) == Port::Got::frame;
    if (told && frame.kind == FrameKind::ended) { return {}; }
    return Error{
        ErrorCode::unavailable,
        "this host has no process for isolated handlers" +
            (told ? ": " + std::string(std::strerror(frame.cut<int>().value_or(0))) : std::string())};
}

bool Zygote::ask(const ZygoteRequest& request, int descriptor) const {
    ZygoteRequest sent = request;
    iovec part{&sent, sizeof sent};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (descriptor >= 0) {
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr* const head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(head), &descriptor, sizeof descriptor);
    }
    ssize_t size = 0;
    do { size = ::sendmsg(control_.get(), &message, MSG_NOSIGNAL); } while (size < 0 && errno == EINTR);
    return size >= 0;
}

}  // namespace nias::service
