// No-op tasks of 100 bytes through ventilator, two worker processes and sink over loopback TCP, in memory and
// durable, each beside its baseline of the same run: the bare libzmq chain, and SQLite alone; and beside
// Redis lists.
#include <benchmark/benchmark.h>
#include <sqlite3.h>
#include <unistd.h>
#include <zmq.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include <nias/submitter.hpp>

#include "base/host/memory.hpp"
#include "bench/figures.hpp"
#include "bench/pipeline/redis_lists.hpp"
#include "bench/running.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using nias::bench::cpu_seconds;
using nias::bench::fresh_folder;
using nias::bench::Node;

constexpr std::size_t kTaskBytes = 100;
constexpr std::size_t kToldEvery = 512;     // outcomes: how often the source looks
constexpr std::size_t kInFlightAPlace = 4;  // tasks between source and outcome, a place in a worker's window
constexpr std::size_t kWorkers = 2;
constexpr std::size_t kTasks = 1'024'000;
constexpr std::size_t kDurableTasks = 204'800;
constexpr std::size_t kRowsABatch = 256;

double seconds_since(Clock::time_point begun) {
    return std::chrono::duration<double>(Clock::now() - begun).count();
}

std::size_t in_flight_of(std::size_t window) { return kInFlightAPlace * kWorkers * window; }

/// Seconds from the first submit to the last outcome.
double run_pipeline(const std::string& data, std::size_t tasks, std::size_t window) {
    const std::size_t in_flight = in_flight_of(window);
    const nias::bench::RunningPipeline pipeline(data, kWorkers, window);
    std::atomic<std::size_t> ended = 0;
    const auto wait_until = [&ended](std::size_t wanted) {
        for (std::size_t seen = ended.load(); seen < wanted; seen = ended.load()) { ended.wait(seen); }
    };
    auto submitter =
        pipeline.submitter({.on_ended = [&](const nias::TaskId&, nias::TaskState, const nias::Outcome&) {
            if (ended.fetch_add(1) % kToldEvery == kToldEvery - 1) { ended.notify_one(); }
        }});
    nias::Task sample;
    sample.owner = "bench";
    sample.payload = nias::Bytes(kTaskBytes, 7);
    for (std::size_t i = 0; i < kToldEvery; ++i) { (void)submitter.submit_async(sample); }
    wait_until(kToldEvery);  // all are connected
    const double own_before = cpu_seconds(::getpid());
    const auto begun = Clock::now();
    for (std::size_t sent = 0; sent < tasks; sent += kToldEvery) {
        wait_until(sent + kToldEvery < in_flight ? 0 : sent + kToldEvery - in_flight);
        for (std::size_t i = 0; i < kToldEvery; ++i) { (void)submitter.submit_async(sample); }
    }
    wait_until(kToldEvery + tasks);
    const double took = seconds_since(begun);
    const auto us = [&](pid_t pid) {
        return (cpu_seconds(pid) - (pid == ::getpid() ? own_before : 0)) * 1e6 / static_cast<double>(tasks);
    };
    std::cout << std::fixed << std::setprecision(2) << "  processor time a task, in us: submitter "
              << us(::getpid()) << ", ventilator " << us(pipeline.ventilator().pid()) << ", sink "
              << us(pipeline.sink().pid()) << ", workers "
              << us(pipeline.workers()[0].pid()) + us(pipeline.workers()[1].pid()) << '\n';
    return took;
}

/// The same processes as a bare chain: PUSH (this one) → PULL/PUSH ventilator → PULL/PUSH workers → PULL
/// (sink).
double run_bare(std::size_t tasks) {
    Node ventilator({"bare-ventilator"});
    void* context = zmq_ctx_new();
    void* pull = zmq_socket(context, ZMQ_PULL);
    zmq_bind(pull, "tcp://127.0.0.1:*");
    char address[256];
    std::size_t size = sizeof address;
    zmq_getsockopt(pull, ZMQ_LAST_ENDPOINT, address, &size);
    double took = 0;
    {
        Node first({"bare-worker", ventilator.addresses()[1], address});
        Node second({"bare-worker", ventilator.addresses()[1], address});
        std::thread source([&] {
            void* push = zmq_socket(context, ZMQ_PUSH);
            zmq_connect(push, ventilator.addresses()[0].c_str());
            const std::string body(kTaskBytes, 'x');
            for (std::size_t i = 0; i < tasks + 1; ++i) { zmq_send(push, body.data(), body.size(), 0); }
            zmq_close(push);
        });
        zmq_msg_t message;
        zmq_msg_init(&message);
        zmq_msg_recv(&message, pull, 0);
        const auto begun = Clock::now();
        for (std::size_t i = 0; i < tasks; ++i) { zmq_msg_recv(&message, pull, 0); }
        took = seconds_since(begun);
        source.join();
    }
    zmq_close(pull);
    zmq_ctx_term(context);
    return took;
}

double run_sqlite(std::size_t rows) {
    const std::string folder = fresh_folder();
    sqlite3* db = nullptr;
    sqlite3_open((folder + "/bare.db").c_str(), &db);
    sqlite3_exec(db,
                 "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t(id BLOB PRIMARY KEY, body "
                 "BLOB) WITHOUT ROWID",
                 nullptr, nullptr, nullptr);
    sqlite3_stmt* insert = nullptr;
    sqlite3_prepare_v2(db, "INSERT INTO t VALUES(?1, ?2)", -1, &insert, nullptr);
    const std::string body(kTaskBytes, 'x');
    const auto begun = Clock::now();
    for (std::size_t i = 0; i < rows; ++i) {
        if (i % kRowsABatch == 0) { sqlite3_exec(db, "BEGIN", nullptr, nullptr, nullptr); }
        unsigned char id[16] = {};
        for (std::size_t b = 0; b < 8; ++b) { id[b] = static_cast<unsigned char>(i >> (56 - 8 * b)); }
        sqlite3_bind_blob(insert, 1, id, sizeof id, SQLITE_STATIC);
        sqlite3_bind_blob(insert, 2, body.data(), static_cast<int>(body.size()), SQLITE_STATIC);
        sqlite3_step(insert);
        sqlite3_reset(insert);
        if (i % kRowsABatch == kRowsABatch - 1 || i + 1 == rows) {
            sqlite3_exec(db, "COMMIT", nullptr, nullptr, nullptr);
        }
    }
    const double took = seconds_since(begun);
    sqlite3_finalize(insert);
    sqlite3_close(db);
    std::filesystem::remove_all(folder);
    return took;
}

}  // namespace

int main(int argc, char** argv) {
    nias::keep_freed_memory();
    nias::bench::Figures figures;
    const auto on_disk = [](auto run, std::size_t window) {
        const std::string folder = fresh_folder();
        const double took = run(folder, window);
        std::filesystem::remove_all(folder);
        return took;
    };
    const auto durable = [](const std::string& folder, std::size_t window) {
        return run_pipeline(folder, kDurableTasks, window);
    };
    const auto redis = [](const std::string& folder, std::size_t window) {
        return nias::bench::run_redis_lists(folder, kDurableTasks, in_flight_of(window));
    };
    add_rate(figures, "bare_chain", kTasks, [] { return run_bare(kTasks); });
    add_rate(figures, "memory_window_512", kTasks, [] { return run_pipeline("-", kTasks, 512); });
    add_rate(figures, "memory_window_2048", kTasks, [] { return run_pipeline("-", kTasks, 2'048); });
    add_rate(figures, "sqlite_inserts", kDurableTasks, [] { return run_sqlite(kDurableTasks); });
    add_rate(figures, "sqlite_three_writes", kDurableTasks, [] { return run_sqlite(3 * kDurableTasks); });
    add_rate(figures, "durable_window_512", kDurableTasks, [&] { return on_disk(durable, 512); });
    add_rate(figures, "durable_window_2048", kDurableTasks, [&] { return on_disk(durable, 2'048); });
    add_rate(figures, "redis_lists_512", kDurableTasks, [&] { return on_disk(redis, 512); });
    add_rate(figures, "redis_lists_2048", kDurableTasks, [&] { return on_disk(redis, 2'048); });
    if (const int wrong = nias::bench::run_in_turns(argc, argv); wrong != 0) { return wrong; }
    figures.print_ratio("in memory, window 512", "memory_window_512", "bare_chain", "/s");
    figures.print_ratio("in memory, window 2048", "memory_window_2048", "bare_chain", "/s");
    figures.print_ratio("durable, window 512", "durable_window_512", "sqlite_inserts", "/s");
    figures.print_ratio("durable, window 512", "durable_window_512", "sqlite_three_writes", "/s");
    figures.print_ratio("durable, window 2048", "durable_window_2048", "sqlite_three_writes", "/s");
    figures.print_ratio("durable, window 512", "durable_window_512", "redis_lists_512", "/s");
    figures.print_ratio("durable, window 2048", "durable_window_2048", "redis_lists_2048", "/s");
    return 0;
}
