// One at a time: a task from submit to outcome beside a bare ping over the same four hops, and acknowledged
// submits of one client beside bare SQLite transactions and beside pushes to a Redis list.
#include <benchmark/benchmark.h>
#include <sqlite3.h>
#include <zmq.h>

#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <string>
#include <vector>

#include "base/host/memory.hpp"
#include "bench/figures.hpp"
#include "bench/pipeline/redis_lists.hpp"
#include "bench/running.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using nias::bench::Node;

constexpr std::size_t kTaskBytes = 100;
constexpr std::size_t kPings = 3'000;
constexpr std::size_t kWarmUp = 200;
constexpr std::size_t kSubmits = 3'000;

double seconds_since(Clock::time_point begun) {
    return std::chrono::duration<double>(Clock::now() - begun).count();
}

nias::Task sample() {
    nias::Task task;
    task.owner = "bench";
    task.payload = nias::Bytes(kTaskBytes, 7);
    return task;
}

/// Median seconds from the call to its return.
template <typename Ping>
double ping_median(Ping ping) {
    std::vector<double> all;
    for (std::size_t i = 0; i < kWarmUp + kPings; ++i) {
        const auto begun = Clock::now();
        ping();
        if (i >= kWarmUp) { all.push_back(seconds_since(begun)); }
    }
    return nias::bench::median_of(std::move(all));
}

double run_task_ping() {
    const nias::bench::RunningPipeline pipeline("-", 1, 1);
    std::atomic<std::size_t> ended = 0;
    auto submitter = pipeline.submitter({.on_ended = [&](const auto&, auto, const auto&) {
        ++ended;
        ended.notify_one();
    }});
    const nias::Task task = sample();
    return ping_median([&, sent = std::size_t{0}]() mutable {
        (void)submitter.submit_async(task);
        ++sent;
        for (std::size_t seen = ended.load(); seen < sent; seen = ended.load()) { ended.wait(seen); }
    });
}

/// This process → ventilator → worker → sink → this process, relays of libzmq.
double run_bare_ping() {
    void* context = zmq_ctx_new();
    void* pull = zmq_socket(context, ZMQ_PULL);
    zmq_bind(pull, "tcp://127.0.0.1:*");
    std::array<char, 256> address{};
    std::size_t size = address.size();
    zmq_getsockopt(pull, ZMQ_LAST_ENDPOINT, address.data(), &size);
    void* push = zmq_socket(context, ZMQ_PUSH);
    double median = 0;
    {
        Node ventilator({"bare-ventilator"});
        Node sink({"bare-sink", address.data()});
        Node worker({"bare-worker", ventilator.addresses()[1], sink.addresses()[0]});
        zmq_connect(push, ventilator.addresses()[0].c_str());
        const std::string body(kTaskBytes, 'x');
        zmq_msg_t message;
        zmq_msg_init(&message);
        median = ping_median([&] {
            zmq_send(push, body.data(), body.size(), 0);
            zmq_msg_recv(&message, pull, 0);
        });
        zmq_msg_close(&message);
    }
    zmq_close(push);
    zmq_close(pull);
    zmq_ctx_term(context);
    return median;
}

/// Seconds of submits that each wait until the ventilator has the task on disk.
double run_acknowledged(const std::string& ventilator_kind) {
    const std::string folder = nias::bench::fresh_folder();
    double took = 0;
    {
        const Node ventilator({ventilator_kind, folder});
        auto submitter = nias::bench::submitter_of(ventilator, {});
        const nias::Task task = sample();
        for (std::size_t i = 0; i < kWarmUp; ++i) { (void)submitter.submit(task); }
        const auto begun = Clock::now();
        for (std::size_t i = 0; i < kSubmits; ++i) {
            if (const auto accepted = submitter.submit(task); !accepted) {
                std::cerr << "benchmark: " << accepted.error().message << '\n';
                std::exit(1);
            }
        }
        took = seconds_since(begun);
    }
    std::filesystem::remove_all(folder);
    return took;
}

double run_redis_pushes() {
    const std::string folder = nias::bench::fresh_folder();
    const double took = nias::bench::run_redis_acknowledged(folder, kWarmUp, kSubmits);
    std::filesystem::remove_all(folder);
    return took;
}

double run_sqlite_transactions() {
    const std::string folder = nias::bench::fresh_folder();
    sqlite3* db = nullptr;
    sqlite3_open((folder + "/bare.db").c_str(), &db);
    sqlite3_exec(
        db,
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t(id INTEGER PRIMARY KEY, body BLOB)",
        nullptr, nullptr, nullptr);
    sqlite3_stmt* insert = nullptr;
    sqlite3_prepare_v2(db, "INSERT INTO t(body) VALUES(?1)", -1, &insert, nullptr);
    const std::string body(kTaskBytes, 'x');
    const auto begun = Clock::now();
    for (std::size_t i = 0; i < kSubmits; ++i) {
        sqlite3_bind_blob(insert, 1, body.data(), static_cast<int>(body.size()), SQLITE_STATIC);
        sqlite3_step(insert);
        sqlite3_reset(insert);
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
    const auto ping = [&figures](const std::string& name, double (*run)()) {
        add_rate(figures, name, 1, [&figures, name, run] {
            const double median = run();
            figures.add(name + "_us", median * 1e6);
            return median;
        });
    };
    ping("bare_ping", run_bare_ping);
    ping("task_ping", run_task_ping);
    add_rate(figures, "sqlite_transactions", kSubmits, run_sqlite_transactions);
    add_rate(figures, "redis_pushes", kSubmits, run_redis_pushes);
    add_rate(figures, "acknowledged_submits", kSubmits, [] { return run_acknowledged("ventilator"); });
    add_rate(figures, "acknowledged_submits_local", kSubmits,
             [] { return run_acknowledged("local-ventilator"); });
    if (const int wrong = nias::bench::run_in_turns(argc, argv); wrong != 0) { return wrong; }
    figures.print_ratio("one task at a time, p50", "task_ping_us", "bare_ping_us", " us");
    for (const std::string baseline : {"sqlite_transactions", "redis_pushes"}) {
        figures.print_ratio("one client that waits for each acknowledgement, over TCP",
                            "acknowledged_submits", baseline, "/s");
        figures.print_ratio("one client that waits for each acknowledgement, on the server's machine",
                            "acknowledged_submits_local", baseline, "/s");
    }
    return 0;
}
