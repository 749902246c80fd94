// What one task costs in each pure part, in batches of 256 as on a busy pipeline: the codec both ways, the
// ventilator's core, the worker's core.
#include <benchmark/benchmark.h>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "core/dispatch.hpp"
#include "core/execute.hpp"
#include "wire/codec.hpp"
#include "wire/limits.hpp"

namespace {

using namespace nias;
constexpr std::size_t kBatch = 256;

std::vector<Task> make_tasks() {
    TaskIdMaker ids;
    std::vector<Task> tasks(kBatch);
    for (Task& task : tasks) {
        task.id = ids.make(unix_ms_now());
        task.owner = "bench";
        task.payload = Bytes(100, 7);
    }
    return tasks;
}

std::vector<Outcome> outcomes_of(const std::vector<Task>& tasks) {
    std::vector<Outcome> out;
    for (const Task& task : tasks) {
        Outcome& outcome = out.emplace_back();
        outcome.id = task.id;
        outcome.attempt = task.attempt;
        outcome.worker = "first";
        outcome.started_unix_ms = outcome.ended_unix_ms = unix_ms_now();
    }
    return out;
}

void per_task(benchmark::State& state) {
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatch));
}

void encode_tasks(benchmark::State& state) {
    const wire::Message message = wire::Submit{"client", make_tasks()};
    for (auto _ : state) { benchmark::DoNotOptimize(wire::encode(message)); }
    per_task(state);
}
BENCHMARK(encode_tasks);

void decode_tasks(benchmark::State& state) {
    const Bytes frame = wire::encode(wire::Submit{"client", make_tasks()});
    for (auto _ : state) { benchmark::DoNotOptimize(wire::decode(frame)); }
    per_task(state);
}
BENCHMARK(decode_tasks);

void encode_outcomes(benchmark::State& state) {
    const wire::Message message = wire::OutcomeReport{"first", outcomes_of(make_tasks())};
    for (auto _ : state) { benchmark::DoNotOptimize(wire::encode(message)); }
    per_task(state);
}
BENCHMARK(encode_outcomes);

void decode_outcomes(benchmark::State& state) {
    const Bytes frame = wire::encode(wire::OutcomeReport{"first", outcomes_of(make_tasks())});
    for (auto _ : state) { benchmark::DoNotOptimize(wire::decode(frame)); }
    per_task(state);
}
BENCHMARK(decode_outcomes);

/// Submit → assign → outcome, with one worker of a window of 512.
void dispatch(benchmark::State& state) {
    core::DispatchOptions options;
    options.journals = state.range(0) != 0;
    core::Dispatch core(options);
    core::Effects out;
    const auto when = [] { return core::When{now(), unix_ms_now()}; };
    wire::Hello hello;
    hello.version_min = hello.version_max = wire::kProtocolVersion;
    hello.worker = "first";
    hello.incarnation = 1;
    hello.slots = 1;
    core.on("peer", hello, when(), out);
    std::uint64_t total = 0;
    std::uint64_t number = 0;
    for (auto _ : state) {
        state.PauseTiming();
        std::vector<Task> tasks = make_tasks();
        std::vector<Outcome> outcomes = outcomes_of(tasks);
        state.ResumeTiming();
        core.on("peer", wire::Credit{1, ++number, total += kBatch}, when(), out);
        core.on(wire::Submit{"client", std::move(tasks)}, when(), out);
        core.assign(when(), out);
        core.on(wire::Outcomes{"first", std::move(outcomes)}, when(), out);
        out.clear();
    }
    per_task(state);
}
BENCHMARK(dispatch)->ArgName("journals")->Arg(0)->Arg(1);

/// Tasks → run → finished → settled.
void execute(benchmark::State& state) {
    core::ExecuteOptions options;
    options.worker = "first";
    options.incarnation = 1;
    options.window = 512;
    options.ahead = 511;
    options.keeps_outcomes = false;
    core::Execute core(options);
    core::ExecuteEffects out;
    core.start(now(), out);
    wire::Welcome welcome;
    welcome.incarnation = 1;
    core.on(welcome, now(), out);
    core.tick(now(), out);
    std::uint64_t sent = 0;
    for (auto _ : state) {
        state.PauseTiming();
        std::vector<Task> tasks = make_tasks();
        std::vector<Outcome> outcomes = outcomes_of(tasks);
        wire::Settled settled;
        for (const Task& task : tasks) { settled.attempts.push_back({task.id, task.attempt}); }
        state.ResumeTiming();
        core.on(wire::Tasks{1, sent += kBatch, std::move(tasks)}, now(), out);
        out.clear();
        for (Outcome& outcome : outcomes) { core.finished(std::move(outcome), now(), out); }
        core.tick(now(), out);
        core.on(settled, now(), out);
        core.tick(now(), out);
        out.clear();
    }
    per_task(state);
}
BENCHMARK(execute);

}  // namespace

BENCHMARK_MAIN();
