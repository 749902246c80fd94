// Measures many: a million queued tasks (memory, and the restart of a ventilator that holds them), and a
// thousand workers with nothing to do. One run each: these are sizes, not speeds.
#include <nias/watcher.hpp>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <string>

#include "base/host/memory.hpp"
#include "bench/pace.hpp"
#include "bench/running.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using nias::bench::Node;

constexpr std::size_t kQueued = 1'000'000;
constexpr std::size_t kTaskBytes = 100;
constexpr std::size_t kIdleWorkers = 1'000;
constexpr auto kSettle = std::chrono::seconds(3);
constexpr auto kWatched = std::chrono::seconds(10);

double seconds_since(Clock::time_point begun) {
    return std::chrono::duration<double>(Clock::now() - begun).count();
}

void wait_for(const std::atomic<std::size_t>& count, std::size_t wanted) {
    for (std::size_t seen = count.load(); seen < wanted; seen = count.load()) { count.wait(seen); }
}

/// Fills the ledger in `folder`, and prints what a queued task costs the ventilator.
void queue_a_million(const std::string& folder) {
    const Node ventilator({"ventilator", folder});
    std::atomic<std::size_t> accepted = 0;
    const auto count = [&accepted](const nias::TaskId&) {
        ++accepted;
        accepted.notify_one();
    };
    auto submitter = nias::bench::submitter_of(ventilator, {.on_accepted = count});
    nias::Task task;
    task.owner = "bench";
    task.payload = nias::Bytes(kTaskBytes, 7);
    (void)submitter.submit_async(task);
    wait_for(accepted, 1);
    const auto before = nias::bench::resident_bytes(ventilator.pid());
    const auto begun = Clock::now();
    for (std::size_t i = 0; i < kQueued; ++i) { (void)submitter.submit_async(task); }
    wait_for(accepted, kQueued + 1);
    const double took = seconds_since(begun);
    const auto grown = nias::bench::resident_bytes(ventilator.pid()) - before;
    const double each = static_cast<double>(grown) / static_cast<double>(kQueued);
    std::cout << std::fixed << std::setprecision(0) << "a million queued tasks of " << kTaskBytes
              << " bytes: accepted in " << std::setprecision(1) << took << " s; the ventilator grew by "
              << static_cast<double>(grown) / (1 << 20) << " MiB: " << std::setprecision(0)
              << each - static_cast<double>(kTaskBytes) << " bytes each beyond the payload\n";
}

/// Starts a ventilator on what `folder` holds, and prints when it has given out its first task again.
void restart(const std::string& folder) {
    const auto begun = Clock::now();
    const Node ventilator({"ventilator", folder});
    const double serving = seconds_since(begun);
    const Node sink({"sink", folder, ventilator.addresses()[0]});
    std::atomic<std::size_t> ended = 0;
    nias::WatcherCallbacks callbacks;
    callbacks.on_state = [&ended](const nias::TaskEvent& event) {
        if (!nias::has_ended(event.state)) { return; }
        ++ended;
        ended.notify_one();
    };
    const auto watch =
        nias::Watcher::open({.events = ventilator.addresses()[2], .control = {}, .output = {}}, callbacks);
    if (!watch) {
        std::cerr << "benchmark: " << watch.error().message << '\n';
        std::exit(1);
    }
    const Node worker(
        {"worker", ventilator.addresses()[1], sink.addresses()[0], sink.addresses()[1], "one", "1"});
    std::cout << std::fixed << std::setprecision(1) << "a ventilator that holds them serves " << serving
              << " s after its start, and its first task has ended ";
    wait_for(ended, 1);
    std::cout << seconds_since(begun) << " s after it\n";
}

void idle_workers() {
    const Node ventilator({"ventilator", "-"});
    const Node workers({"idle-workers", ventilator.addresses()[1], std::to_string(kIdleWorkers)});
    nias::bench::let_pass_until(Clock::now() + kSettle);  // Hellos and first beats are not what is measured
    const double before = nias::bench::cpu_seconds(ventilator.pid());
    const auto begun = Clock::now();
    nias::bench::let_pass_until(begun + kWatched);
    const double used = nias::bench::cpu_seconds(ventilator.pid()) - before;
    std::cout << std::fixed << std::setprecision(1) << kIdleWorkers
              << " connected idle workers cost the ventilator " << 100 * used / seconds_since(begun)
              << " % of a core\n";
}

}  // namespace

int main() {
    nias::keep_freed_memory();
    const std::string folder = nias::bench::fresh_folder();
    queue_a_million(folder);
    restart(folder);
    std::filesystem::remove_all(folder);
    idle_workers();
    return 0;
}
