// The whole pipeline in one process: a ventilator, a sink, a worker with a handler of its own, and a
// submitter that gives it tasks and counts what comes back. Usage: hello [how many tasks]
#include <nias/sink.hpp>
#include <nias/submitter.hpp>
#include <nias/ventilator.hpp>
#include <nias/worker.hpp>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <thread>

namespace {

template <typename T>
T must(nias::Result<T> result) {
    if (!result) {
        std::cerr << result.error().message << '\n';
        std::exit(1);
    }
    return *std::move(result);
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t wanted = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1000;
    const std::string any = "tcp://127.0.0.1:0";

    auto ventilator = must(nias::Ventilator::open(
        {.intake = any, .control = any, .events = any, .durability = nias::Durability::memory}));
    const auto at = ventilator.bound();
    auto sink = must(nias::Sink::open({.outcomes = any,
                                       .bulk = any,
                                       .output = any,
                                       .intake = at.intake,
                                       .durability = nias::Durability::memory}));
    auto worker = must(nias::Worker::open({.control = at.control,
                                           .outcomes = sink.bound().outcomes,
                                           .bulk = sink.bound().bulk,
                                           .name = "hello",
                                           .window = 512}));

    std::thread ventilator_thread([&] { (void)ventilator.run(); });
    std::thread sink_thread([&] { (void)sink.run(); });
    std::thread worker_thread([&] {
        (void)worker.run([](const nias::Task& task, nias::Context&) -> nias::Result<nias::Bytes> {
            nias::Bytes answer(task.payload.rbegin(), task.payload.rend());  // the work: turn it round
            return answer;
        });
    });

    std::atomic<std::size_t> good = 0;
    std::atomic<std::size_t> ended = 0;
    {
        auto submitter = must(nias::Submitter::open(
            {.intake = at.intake, .control = at.control, .events = at.events},
            {.on_ended = [&](const nias::TaskId&, nias::TaskState state, const nias::Outcome& outcome) {
                if (state == nias::TaskState::succeeded &&
                    outcome.output == nias::Bytes{'k', 's', 'a', 't'}) {
                    ++good;
                }
                ++ended;
                ended.notify_one();
            }}));
        for (std::size_t i = 0; i < wanted; ++i) {
            nias::Task task;
            task.owner = "hello";
            task.payload = {'t', 'a', 's', 'k'};
            (void)must(submitter.submit_async(std::move(task)));
        }
        for (std::size_t seen = 0; seen < wanted; seen = ended.load()) { ended.wait(seen); }
    }
    worker.stop();
    worker_thread.join();
    sink.stop();
    sink_thread.join();
    ventilator.stop();
    ventilator_thread.join();
    std::cout << wanted << " tasks submitted, " << ended << " outcomes, " << good << " as expected\n";
    return good == wanted ? 0 : 1;
}
