#include "base/host/threads.hpp"

#include <latch>
#include <thread>
#include <vector>

namespace nias {

Error no_thread(const std::string& for_what, const std::system_error& why) {
    return {ErrorCode::unavailable,
            for_what + " needs a thread that this host does not give (" + why.code().message() +
                "): end some processes, or raise the limit of this user (ulimit -u) or of its control group"};
}

// All of them live at once: a limit counts those that live.
Status has_threads(std::size_t needed, const std::string& for_what) {
    std::latch over(1);
    std::vector<std::thread> threads;
    Status status;
    try {
        threads.reserve(needed);
        while (threads.size() < needed) {
            threads.emplace_back([&over] { over.wait(); });
        }
    } catch (const std::system_error& why) { status = no_thread(for_what, why); }
    over.count_down();
    for (std::thread& thread : threads) { thread.join(); }
    return status;
}

}  // namespace nias
