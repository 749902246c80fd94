// One long job before many short ones: how much of the time a worker was free while a task that fits it
// waited. Workers of one slot and no window, as nias-worker runs jobs; a handler that waits, so that the
// machine's processors decide nothing; begin and end of each handler by the clock that all processes share.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include "base/host/memory.hpp"
#include "bench/running.hpp"

namespace {

using nias::bench::Node;

constexpr std::size_t kWorkers = 4;
constexpr std::uint64_t kLongMs = 20'000;
constexpr std::uint64_t kShortMs = 1'000;
// As many as the other workers run beside the long one.
constexpr std::size_t kShorts = (kWorkers - 1) * kLongMs / kShortMs;

struct Span {
    double begun = 0;  ///< seconds of the steady clock
    double ended = 0;
};

double seconds_now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// The news of the handlers, once all have ended.
class Told {
public:
    void add(const nias::Outcome& outcome) {
        Span span;
        std::istringstream(std::string(outcome.output.begin(), outcome.output.end())) >> span.begun >>
            span.ended;
        const std::lock_guard lock(mutex_);
        spans_.push_back(span);
        ended_.store(spans_.size());
        ended_.notify_one();
    }
    std::vector<Span> wait_for(std::size_t count) {
        for (std::size_t seen = ended_.load(); seen < count; seen = ended_.load()) { ended_.wait(seen); }
        const std::lock_guard lock(mutex_);
        return spans_;
    }

private:
    std::mutex mutex_;
    std::vector<Span> spans_;
    std::atomic<std::size_t> ended_ = 0;
};

nias::Task lasting(std::uint64_t ms) {
    nias::Task task;
    task.owner = "bench";
    const std::string text = std::to_string(ms);
    task.payload.assign(text.begin(), text.end());
    return task;
}

/// From the first submit until the last task began: before that, something waited all the time.
void print(std::vector<Span> spans, double submitted) {
    const auto last = std::max_element(spans.begin(), spans.end(),
                                       [](const Span& a, const Span& b) { return a.begun < b.begun; });
    const double until = last->begun;
    double busy = 0;
    for (const Span& span : spans) {
        busy += std::max(0.0, std::min(span.ended, until) - std::max(span.begun, submitted));
    }
    const double slots = static_cast<double>(kWorkers) * (until - submitted);
    std::cout << std::fixed << std::setprecision(2) << "one job of " << kLongMs / 1000 << " s before "
              << kShorts << " of " << kShortMs << " ms on " << kWorkers << " workers: tasks waited for "
              << until - submitted << " s; a worker was free in " << 100 * (1 - busy / slots)
              << " % of that (limit 1 %), " << 1e3 * (slots - busy) / static_cast<double>(spans.size())
              << " ms a task\n";
}

}  // namespace

int main() {
    nias::keep_freed_memory();
    const std::string folder = nias::bench::fresh_folder();
    const Node ventilator({"ventilator", folder});
    const Node sink({"sink", folder, ventilator.addresses()[0]});
    std::vector<Node> workers;
    for (std::size_t i = 0; i < kWorkers; ++i) {
        workers.push_back(Node({"waiting-worker", ventilator.addresses()[1], sink.addresses()[0],
                                sink.addresses()[1], "worker" + std::to_string(i + 1)}));
    }
    Told told;
    auto submitter = nias::bench::submitter_of(
        ventilator, {.on_ended = [&](const nias::TaskId&, nias::TaskState, const nias::Outcome& outcome) {
            told.add(outcome);
        }});
    for (std::size_t i = 0; i < kWorkers; ++i) { (void)submitter.submit_async(lasting(kShortMs)); }
    told.wait_for(kWorkers);  // all are connected
    const double submitted = seconds_now();
    (void)submitter.submit_async(lasting(kLongMs));
    for (std::size_t i = 0; i < kShorts; ++i) { (void)submitter.submit_async(lasting(kShortMs)); }
    std::vector<Span> spans = told.wait_for(kWorkers + 1 + kShorts);
    std::erase_if(spans, [&](const Span& span) { return span.begun < submitted; });
    print(std::move(spans), submitted);
    std::filesystem::remove_all(folder);
    return 0;
}
