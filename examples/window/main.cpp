// A program whose loop never blocks: frames go on while tasks are submitted and outcomes arrive.
// Usage: window [how many tasks]
#include <nias/pipeline.hpp>

#include <poll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>

namespace {

using Clock = std::chrono::steady_clock;
constexpr long kFrameMs = 20;

/// Runs on the workers: longer than a frame, so that a loop that waited for it would stutter.
nias::Result<nias::Bytes> work(const nias::Task& task, nias::Context& context) {
    const auto until = Clock::now() + std::chrono::milliseconds(3 * kFrameMs);
    while (Clock::now() < until) {
        if (context.cancelled()) { return nias::Error{nias::ErrorCode::unavailable, "cancelled"}; }
    }
    return task.payload;
}

int fail(const nias::Error& error) {
    std::cerr << "window: " << error.message << '\n';
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t wanted = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 50;
    auto pipeline = nias::Pipeline::open({}, work);
    if (!pipeline) { return fail(pipeline.error()); }
    std::size_t ended = 0;  // without a lock: callbacks come in dispatch(), in this thread
    nias::SubmitterOptions options = pipeline->submitter_options();
    options.dispatched = true;
    auto submitter = nias::Submitter::open(
        options,
        {.on_ended = [&ended](const nias::TaskId&, nias::TaskState, const nias::Outcome&) { ++ended; }});
    if (!submitter) { return fail(submitter.error()); }
    const int timer = ::timerfd_create(CLOCK_MONOTONIC, 0);
    const timespec frame{.tv_sec = 0, .tv_nsec = kFrameMs * 1'000'000};
    const itimerspec each{.it_interval = frame, .it_value = frame};
    if (timer < 0 || ::timerfd_settime(timer, 0, &each, nullptr) != 0) { return 1; }

    std::size_t submitted = 0;
    std::size_t frames = 0;
    Clock::duration longest{};
    while (ended < wanted) {
        pollfd looked_at[] = {{.fd = timer, .events = POLLIN, .revents = 0},
                              {.fd = submitter->descriptor(), .events = POLLIN, .revents = 0}};
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
                if (const auto id = submitter->submit_async(std::move(task)); !id) {
                    return fail(id.error());
                }
                ++submitted;
            }
        }
        if (looked_at[1].revents != 0) { submitter->dispatch(); }
        longest = std::max(longest, Clock::now() - woke);
    }
    ::close(timer);
    std::cout << ended << " outcomes, " << frames << " frames, the loop was held up for at most "
              << std::chrono::duration_cast<std::chrono::milliseconds>(longest).count() << " ms\n";
    return 0;
}
