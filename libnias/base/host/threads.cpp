#include "base/host/threads.hpp"

#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <latch>
#include <thread>
#include <vector>

#include "base/clock.hpp"

namespace nias {
namespace {

constexpr auto kEndsWithin = std::chrono::seconds(1);

/// Waits until the kernel counts a joined thread no more, which is some microseconds after join().
void wait_for_the_end_of(pid_t thread) {
    const Time until = now() + kEndsWithin;
    while (::tgkill(::getpid(), thread, 0) == 0 && now() < until) { ::sched_yield(); }
}

}  // namespace

Error no_thread(const std::string& for_what, const std::system_error& why) {
    return {ErrorCode::unavailable,
            for_what + " needs a thread that this host does not give (" + why.code().message() +
                "): end some processes, or raise the limit of this user (ulimit -u) or of its control group"};
}

// All of them live at once, because a limit counts those that live.
Status has_threads(std::size_t needed, const std::string& for_what) {
    std::latch over(1);
    std::vector<pid_t> ids(needed);
    std::vector<std::thread> threads;
    Status status;
    try {
        threads.reserve(needed);
        for (pid_t& id : ids) {
            threads.emplace_back([&over, &id] {
                id = ::gettid();
                over.wait();
            });
        }
    } catch (const std::system_error& why) { status = no_thread(for_what, why); }
    over.count_down();
    for (std::thread& thread : threads) { thread.join(); }
    for (std::size_t i = 0; i < threads.size(); ++i) { wait_for_the_end_of(ids[i]); }
    return status;
}

}  // namespace nias
