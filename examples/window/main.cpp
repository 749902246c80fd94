// A program whose loop never blocks: frames go on while tasks are submitted and outcomes arrive.
// Usage: window [how many tasks]
#include <nias/pipeline.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr long kFrameMs = 20;

/// Outcomes on their way from the submitter's thread to the loop, which polls the descriptor.
class Inbox {
public:
    Inbox() : descriptor_(::eventfd(0, EFD_NONBLOCK)) {}
    Inbox(const Inbox&) = delete;
    Inbox& operator=(const Inbox&) = delete;
    ~Inbox() { ::close(descriptor_); }
    [[nodiscard]] int descriptor() const { return descriptor_; }
    void put(const nias::Outcome& outcome) {
        const std::lock_guard lock(mutex_);
        outcomes_.push_back(outcome);
        const std::uint64_t one = 1;
        if (::write(descriptor_, &one, sizeof one) < 0) { return; }  // full: the loop is awake already
    }
    std::vector<nias::Outcome> drain() {
        const std::lock_guard lock(mutex_);
        std::uint64_t rings = 0;
        if (::read(descriptor_, &rings, sizeof rings) < 0) { return {}; }
        return std::exchange(outcomes_, {});
    }

private:
    int descriptor_;
    std::mutex mutex_;
    std::vector<nias::Outcome> outcomes_;
};

/// Runs on the workers: longer than a frame, so that a loop that waited for it would stutter.
nias::Result<nias::Bytes> work(const nias::Task& task, nias::Context& context) {
    const auto until = Clock::now() + std::chrono::milliseconds(3 * kFrameMs);
    while (Clock::now() < until) {
        if (context.cancelled()) { return nias::Error{nias::ErrorCode::unavailable, "cancelled"}; }
    }
    return task.payload;
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t wanted = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 50;
    Inbox inbox;
    auto pipeline = nias::Pipeline::open(
        {}, work, {.on_ended = [&inbox](const nias::TaskId&, nias::TaskState, const nias::Outcome& outcome) {
            inbox.put(outcome);
        }});
    if (!pipeline) {
        std::cerr << pipeline.error().message << '\n';
        return 1;
    }
    const int timer = ::timerfd_create(CLOCK_MONOTONIC, 0);
    const timespec frame{.tv_sec = 0, .tv_nsec = kFrameMs * 1'000'000};
    const itimerspec each{.it_interval = frame, .it_value = frame};
    if (timer < 0 || ::timerfd_settime(timer, 0, &each, nullptr) != 0) { return 1; }

    std::size_t submitted = 0;
    std::size_t ended = 0;
    std::size_t frames = 0;
    Clock::duration longest{};
    while (ended < wanted) {
        pollfd looked_at[] = {{.fd = timer, .events = POLLIN, .revents = 0},
                              {.fd = inbox.descriptor(), .events = POLLIN, .revents = 0}};
        if (::poll(looked_at, 2, -1) < 0) { return 1; }
        const auto woke = Clock::now();
        if (looked_at[0].revents != 0) {
            std::uint64_t ticks = 0;
            if (::read(timer, &ticks, sizeof ticks) != sizeof ticks) { return 1; }
            ++frames;                  // here a window would draw
            if (submitted < wanted) {  // and a user would press a button
                nias::Task task;
                task.owner = "window";
                task.payload = {1};
                if (const auto id = pipeline->submitter().submit_async(std::move(task)); !id) {
                    std::cerr << id.error().message << '\n';
                    return 1;
                }
                ++submitted;
            }
        }
        if (looked_at[1].revents != 0) { ended += inbox.drain().size(); }
        longest = std::max(longest, Clock::now() - woke);
    }
    ::close(timer);
    std::cout << ended << " outcomes, " << frames << " frames, the loop was held up for at most "
              << std::chrono::duration_cast<std::chrono::milliseconds>(longest).count() << " ms\n";
    return 0;
}
