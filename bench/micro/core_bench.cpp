// Measures one task in each pure part, in batches of 256 as on a busy pipeline: the codec both ways, the
// ventilator's core, the worker's core, credit; and in the ledger, on the disk.
#include <benchmark/benchmark.h>

#include <ctime>
#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "core/dispatch/credit.hpp"
#include "core/dispatch/dispatch.hpp"
#include "core/execute/execute.hpp"
#include "core/transfer/windows.hpp"
#include "store/ledger/ledger.hpp"
#include "wire/codec/codec.hpp"
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

/// One dispatch core that always has `waiting` tasks queued, of so many owners in turn.
class Queued {
public:
    Queued(std::size_t owners, std::size_t waiting) : owners_(owners) {
        core::DispatchOptions options;
        options.journals = false;
        options.max_queued = waiting + kBatch;
        core_ = std::make_unique<core::Dispatch>(options);
        wire::Hello hello;
        hello.version_min = hello.version_max = wire::kProtocolVersion;
        hello.worker = "first";
        hello.incarnation = 1;
        core_->on("peer", hello, when(), out_);
        for (std::size_t n = 0; n < waiting; n += kBatch) {
            core_->on(wire::Submit{"client", next_tasks()}, when(), out_);
            out_.clear();
        }
    }
    /// Seconds of the processor for a batch, from its Submit to the outcomes of as many tasks that waited.
    double round() {
        const wire::Submit submit{"client", next_tasks()};
        const std::clock_t began = std::clock();
        core_->on("peer", wire::Credit{1, ++number_, total_ += kBatch}, when(), out_);
        core_->on(submit, when(), out_);
        core_->assign(when(), out_);
        std::clock_t spent = std::clock() - began;
        std::vector<Outcome> outcomes;
        for (const core::SendTasks& sent : out_.tasks) {
            for (const wire::TaskParts& task : sent.tasks) {
                Outcome& outcome = outcomes.emplace_back();
                outcome.id = *task.id;
                outcome.attempt = task.attempt;
            }
        }
        wire::Outcomes told{"first", outcomes};
        const std::clock_t ended = std::clock();
        core_->on(std::move(told), when(), out_);
        spent += std::clock() - ended;
        out_.clear();
        return static_cast<double>(spent) / CLOCKS_PER_SEC;
    }

private:
    static core::When when() { return {now(), unix_ms_now()}; }
    std::vector<Task> next_tasks() {
        std::vector<Task> tasks = make_tasks();
        for (Task& task : tasks) { task.owner = "owner " + std::to_string(next_owner_++ % owners_); }
        return tasks;
    }
    std::size_t owners_;
    std::size_t next_owner_ = 0;
    std::uint64_t number_ = 0;
    std::uint64_t total_ = 0;
    std::unique_ptr<core::Dispatch> core_;
    core::Effects out_;
};

/// Measures a task in the larger of two queues, and its ratio to a task in the smaller: batches
/// of both in turns, so that a busy machine slows both. What waits for the processor is not counted.
void compare(benchmark::State& state, Queued& small, Queued& large) {
    double of_small = 0;
    double of_large = 0;
    for (auto _ : state) {
        of_small += small.round();
        const double seconds = large.round();
        of_large += seconds;
        state.SetIterationTime(seconds);
    }
    per_task(state);
    state.counters["ratio"] = of_large / of_small;
}

void dispatch_1_to_200_owners(benchmark::State& state) {
    Queued one(1, 10'000);
    Queued many(200, 10'000);
    compare(state, one, many);
}
BENCHMARK(dispatch_1_to_200_owners)->UseManualTime();

void dispatch_1000_to_1000000_queued(benchmark::State& state) {
    Queued thousand(1, 1'000);
    Queued million(1, 1'000'000);
    compare(state, thousand, million);
}
BENCHMARK(dispatch_1000_to_1000000_queued)->UseManualTime()->Iterations(2'000);

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
        const wire::Runs<Outcome> outcomes = outcomes_of(tasks);
        wire::Settled settled;
        for (const Task& task : tasks) { settled.attempts.push_back({task.id, task.attempt}); }
        wire::Tasks given{1, sent += kBatch, tasks};
        state.ResumeTiming();
        core.on(std::move(given), now(), out);
        out.clear();
        core.finished(outcomes, now(), out);
        core.tick(now(), out);
        core.on(settled, now(), out);
        core.tick(now(), out);
        out.clear();
    }
    per_task(state);
}
BENCHMARK(execute);

/// A grant for each batch, and a place of it spent by each task.
void credit_of_tasks(benchmark::State& state) {
    core::CreditWindow window;
    std::uint64_t number = 0;
    for (auto _ : state) {
        window.grant({1, ++number, window.sent() + kBatch});
        for (std::size_t n = 0; n < kBatch && window.room() > 0; ++n) {
            window.spend();
            benchmark::DoNotOptimize(window);
        }
    }
    per_task(state);
}
BENCHMARK(credit_of_tasks);

/// Both windows of a transfer, without the bytes: a chunk sent, taken, and credit granted when it is due.
void credit_of_chunks(benchmark::State& state) {
    constexpr std::uint64_t size = wire::kBlobBytesMax;
    core::ReceiveWindow to({}, size);
    core::SendWindow from(size);
    from.on(to.restart(now()), true);
    wire::Chunk chunk{{}, 0, size, Bytes(wire::kChunkBytes)};
    for (auto _ : state) {
        const auto piece = from.next();
        if (!piece) {  // 64 GiB have been sent
            to = core::ReceiveWindow({}, size);
            from = core::SendWindow(size);
            from.on(to.restart(now()), true);
            continue;
        }
        from.sent(*piece);
        chunk.offset = piece->offset;
        if (!to.accept(chunk, now())) { state.SkipWithError("a chunk was not taken"); }
        if (const auto grant = to.due(now())) { from.on(*grant, false); }
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(credit_of_chunks);

/// A ledger in a folder of its own below the working folder, so on the disk that is meant.
class LedgerOfABench {
public:
    LedgerOfABench()
        : folder_(std::filesystem::absolute("ledger-bench-" + std::to_string(make_incarnation()))) {
        std::filesystem::create_directory(folder_);
        auto opened = store::Ledger::open(folder_.string());
        if (opened) { ledger_.emplace(std::move(*opened)); }
    }
    ~LedgerOfABench() {
        ledger_.reset();
        std::filesystem::remove_all(folder_);
    }
    LedgerOfABench(const LedgerOfABench&) = delete;
    LedgerOfABench& operator=(const LedgerOfABench&) = delete;
    /// Accepts and ends so many tasks: two commits, as they cannot be in one.
    bool round(std::size_t count) {
        std::vector<Task> tasks = make_tasks();
        tasks.resize(count);
        const wire::Runs<Task> runs(tasks);
        const wire::Runs<Outcome> outcomes(outcomes_of(tasks));
        std::vector<store::AcceptedTasks> accepted;
        for (const auto& run : runs.runs()) { accepted.push_back({&run, "client", unix_ms_now()}); }
        std::vector<store::EndedTasks> ends;
        for (const auto& run : outcomes.runs()) {
            ends.push_back({TaskState::succeeded, 1, "first", "", unix_ms_now(), &run, true});
        }
        if (!ledger_ || !ledger_->begin() || !ledger_->add(accepted) || !ledger_->commit()) { return false; }
        if (!ledger_->begin() || !ledger_->end(ends)) { return false; }
        return ledger_->commit().ok();
    }

private:
    std::filesystem::path folder_;
    std::optional<store::Ledger> ledger_;
};

/// The ledger's part of tasks that are accepted and end, in rounds of so many: what is synced is shared.
void ledger_commit(benchmark::State& state) {
    LedgerOfABench ledger;
    const auto count = static_cast<std::size_t>(state.range(0));
    for (auto _ : state) {
        if (!ledger.round(count)) { state.SkipWithError("the ledger cannot be written"); }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}
BENCHMARK(ledger_commit)->ArgName("round")->Arg(1)->Arg(16)->Arg(256)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
