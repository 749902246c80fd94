// An acquisition: a block of samples each 100 ms goes to the workers, and their results come back in order.
// Usage: acquisition [how many blocks] [milliseconds between two]
#include <nias/pipeline.hpp>

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <future>
#include <iostream>
#include <vector>

namespace {

using Samples = std::vector<float>;
using Clock = std::chrono::steady_clock;
constexpr std::size_t kSamples = 4096;  // 16 KiB a block; a payload has at most nias::kInlineMax

/// Stands for the instrument: a sine whose amplitude is the number of the block.
Samples acquire(std::size_t block) {
    Samples samples(kSamples);
    for (std::size_t i = 0; i < kSamples; ++i) {
        samples[i] = static_cast<float>(block) * std::sin(static_cast<float>(i) * 0.1F);
    }
    return samples;
}

/// Runs on the workers: the greatest sample of a block.
nias::Result<nias::Bytes> greatest(const nias::Task& task, nias::Context&) {
    Samples samples(task.payload.size() / sizeof(float));
    if (samples.empty()) { return nias::Error{nias::ErrorCode::invalid, "a block without samples"}; }
    std::memcpy(samples.data(), task.payload.data(), samples.size() * sizeof(float));
    const std::string text = std::to_string(*std::max_element(samples.begin(), samples.end()));
    return nias::Bytes(text.begin(), text.end());
}

nias::Task task_of(const Samples& samples) {
    nias::Task task;
    task.owner = "acquisition";
    task.payload.resize(samples.size() * sizeof(float));
    std::memcpy(task.payload.data(), samples.data(), task.payload.size());
    return task;
}

/// Prints the results that are there, in order, and stops at the first that is not, unless it is to wait.
bool print_results(std::deque<std::future<nias::Result<nias::Outcome>>>& futures, std::size_t& printed,
                   bool waits) {
    constexpr auto kReady = std::future_status::ready;
    while (!futures.empty() && (waits || futures.front().wait_for(std::chrono::seconds(0)) == kReady)) {
        const auto outcome = futures.front().get();
        futures.pop_front();
        if (!outcome || outcome->status != nias::OutcomeStatus::succeeded) {
            std::cerr << "block " << printed << ": " << (outcome ? outcome->error : outcome.error().message)
                      << '\n';
            return false;
        }
        std::cout << "block " << printed++ << ": "
                  << std::string(outcome->output.begin(), outcome->output.end()) << std::endl;
    }
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t blocks = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 50;
    const long period_ms = std::clamp(argc > 2 ? std::strtol(argv[2], nullptr, 10) : 100L, 1L, 10'000L);
    auto pipeline = nias::Pipeline::open({.workers = 2}, greatest);
    if (!pipeline) {
        std::cerr << pipeline.error().message << '\n';
        return 1;
    }
    const int timer = ::timerfd_create(CLOCK_MONOTONIC, 0);
    const timespec period{.tv_sec = period_ms / 1000, .tv_nsec = period_ms % 1000 * 1'000'000};
    const itimerspec each{.it_interval = period, .it_value = period};
    if (timer < 0 || ::timerfd_settime(timer, 0, &each, nullptr) != 0) { return 1; }

    std::deque<std::future<nias::Result<nias::Outcome>>> futures;
    std::size_t printed = 0;
    Clock::duration latest{};
    const auto begin = Clock::now();
    for (std::size_t block = 0; block < blocks; ++block) {
        std::uint64_t ticks = 0;
        if (::read(timer, &ticks, sizeof ticks) != sizeof ticks) { return 1; }
        futures.push_back(pipeline->submitter().submit_future(task_of(acquire(block))));
        latest = std::max(latest, Clock::now() - begin -
                                      std::chrono::milliseconds(period_ms * static_cast<long>(block + 1)));
        if (!print_results(futures, printed, false)) { return 1; }
    }
    if (!print_results(futures, printed, true)) { return 1; }
    ::close(timer);
    std::cout << printed << " blocks in order, the latest sent "
              << std::chrono::duration_cast<std::chrono::milliseconds>(latest).count() << " ms late\n";
    return 0;
}
