// nias-bench: puts a load of no-op tasks on a pipeline of processes that it starts, and tells how many a
// second it took and how long each was on its way. With --rate the tasks are due at fixed times and each
// latency counts from when its task was due, so that a stall is seen by every task that it kept waiting (no
// coordinated omission).
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/host/memory.hpp"
#include "base/ids.hpp"
#include "bench/load/latencies.hpp"
#include "bench/load/report.hpp"
#include "bench/pace.hpp"
#include "bench/running.hpp"
#include "daemon/program.hpp"

namespace {

using namespace nias;
using Clock = std::chrono::steady_clock;

constexpr auto kName = "nias-bench";
constexpr auto kStalled = std::chrono::seconds(30);  // without one outcome: something is broken

struct Choice {
    std::uint64_t tasks = 100'000;
    std::uint64_t payload = 100;
    std::uint64_t workers = 2;
    std::uint64_t window = 512;
    std::uint64_t in_flight = 4'096;
    std::uint64_t rate = 0;
    std::string durability = "durable";
    std::string csv;
    std::string plot;
};

/// When the tasks on their way were due, and what those that have ended took. The submitter's thread and the
/// main one share it.
class Flight {
public:
    explicit Flight(std::size_t tasks) { latencies_.reserve(tasks); }
    void leaves(const TaskId& id, Clock::time_point due) {
        const std::lock_guard lock(mutex_);
        due_.emplace(id, due);
    }
    void ends(const TaskId& id, bool succeeded) {
        const auto time = Clock::now();
        const std::lock_guard lock(mutex_);
        const auto place = due_.find(id);
        if (place == due_.end()) { return; }
        const auto took = std::chrono::duration_cast<std::chrono::microseconds>(time - place->second).count();
        latencies_.add(static_cast<std::uint32_t>(std::clamp<std::int64_t>(took, 0, 0xFFFFFFFF)));
        due_.erase(place);
        failed_ += succeeded ? 0U : 1U;
        if (latencies_.size() == wanted_) { changed_.notify_one(); }
    }
    /// False: nothing ended for kStalled.
    [[nodiscard]] bool wait_for(std::size_t ended) {
        std::unique_lock lock(mutex_);
        wanted_ = ended;
        for (std::size_t before = latencies_.size(); before < ended; before = latencies_.size()) {
            const bool there = changed_.wait_for(lock, kStalled, [&] { return latencies_.size() >= ended; });
            if (!there && latencies_.size() == before) { return false; }
        }
        return true;
    }
    [[nodiscard]] bench::Latencies& latencies() { return latencies_; }
    [[nodiscard]] std::size_t failed() const { return failed_; }

private:
    std::mutex mutex_;
    std::unordered_map<TaskId, Clock::time_point> due_;
    bench::Latencies latencies_;
    std::size_t failed_ = 0;
    std::condition_variable changed_;
    std::size_t wanted_ = 0;  ///< how many the waiter waits for
};

Status put(const Choice& choice, Submitter& submitter, Flight& flight) {
    Task task;
    task.owner = "bench";
    task.payload = Bytes(choice.payload, 7);
    TaskIdMaker ids;
    const auto begun = Clock::now();
    for (std::uint64_t i = 0; i < choice.tasks; ++i) {
        if (i >= choice.in_flight && !flight.wait_for(i - choice.in_flight + 1)) {
            return Error{ErrorCode::unavailable, "no task has ended for 30 s"};
        }
        auto due = Clock::now();
        if (choice.rate > 0) {
            due = begun + std::chrono::nanoseconds(1'000'000'000 / choice.rate * i);
            bench::let_pass_until(due);
        }
        task.id = ids.make(std::chrono::duration_cast<std::chrono::milliseconds>(
                               std::chrono::system_clock::now().time_since_epoch())
                               .count());
        flight.leaves(task.id, due);
        if (auto sent = submitter.submit_async(task); !sent) { return sent.error(); }
    }
    if (!flight.wait_for(choice.tasks)) {
        return Error{ErrorCode::unavailable, "no task has ended for 30 s"};
    }
    return {};
}

/// One task there and back: from then on all are connected.
Status warm_up(Submitter& submitter) {
    Task task;
    task.owner = "bench";
    const auto id = submitter.submit(task);
    if (!id) { return id.error(); }
    const auto outcome = submitter.wait(*id, kStalled);
    if (!outcome) { return outcome.error(); }
    return {};
}

int run(const Choice& choice) {
    const std::string folder = choice.durability == "durable" ? bench::fresh_folder() : "-";
    Flight flight(choice.tasks);
    Status done;
    double seconds = 0;
    {
        const bench::RunningPipeline pipeline(folder, choice.workers, choice.window);
        auto submitter =
            pipeline.submitter({.on_ended = [&](const TaskId& id, TaskState state, const Outcome&) {
                flight.ends(id, state == TaskState::succeeded);
            }});
        done = warm_up(submitter);
        const auto begun = Clock::now();
        if (done) { done = put(choice, submitter, flight); }
        seconds = std::chrono::duration<double>(Clock::now() - begun).count();
    }
    if (folder != "-") { std::filesystem::remove_all(folder); }
    if (!done) { return daemon::report(kName, done.error()); }
    auto& latencies = flight.latencies();
    std::cout << choice.tasks << " tasks of " << choice.payload << " bytes, " << choice.durability << ", "
              << choice.workers << " workers with a window of " << choice.window << ", "
              << (choice.rate > 0 ? std::to_string(choice.rate) + " due a second"
                                  : std::to_string(choice.in_flight) + " in flight")
              << ": " << std::fixed << std::setprecision(0) << static_cast<double>(choice.tasks) / seconds
              << " a second\n";
    bench::print(latencies);
    if (flight.failed() > 0) { std::cout << flight.failed() << " did not succeed\n"; }
    if (!choice.csv.empty()) { done = bench::write_csv(latencies, choice.csv); }
    if (done && !choice.plot.empty()) { done = bench::write_plot(latencies, choice.plot); }
    if (!done) { return daemon::report(kName, done.error()); }
    return flight.failed() == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    keep_freed_memory();
    Choice choice;
    daemon::Options program(kName,
                            "Puts a load on a pipeline that it starts, and tells its rate and latencies.");
    program.number("tasks", choice.tasks, 1, 100'000'000, "how many");
    program.number("payload", choice.payload, 0, kInlineMax, "bytes of each task");
    program.number("workers", choice.workers, 1, 1'000, "worker processes");
    program.number("window", choice.window, 1, 16'384, "tasks that a worker may hold at once");
    program.number("in-flight", choice.in_flight, 1, 65'536, "tasks on their way at once; 1: one at a time");
    program.number("rate", choice.rate, 0, 10'000'000, "tasks due a second; 0: as fast as they go");
    program.text("durability", choice.durability, "durable, or memory");
    program.text("csv", choice.csv, "file for the histogram: microseconds, tasks, share");
    program.text("plot", choice.plot, "file for its picture, .svg or .png (needs gnuplot)");
    program.quiet();
    if (const auto code = program.parse(argc, argv)) { return *code; }
    if (choice.durability != "durable" && choice.durability != "memory") {
        return daemon::report(
            kName, {ErrorCode::invalid, "--durability " + choice.durability + ": use durable or memory"});
    }
    if (auto fits = bench::check_plot(choice.plot); !fits) { return daemon::report(kName, fits.error()); }
    return run(choice);
}
