// A worker of the crash harness. Writes down each attempt that it begins, then computes.
//   crash_worker CONTROL OUTCOMES BULK NAME OUTBOX SLOTS STEPS RUNS-FILE [KEY-FILE]
#include <csignal>

#include <nias/worker.hpp>

#include "crash/work.hpp"

namespace {

nias::Worker* running = nullptr;  // for the handler of a signal, which is given nothing

}  // namespace

int main(int argc, char** argv) {
    using namespace nias;
    if (argc != 9 && argc != 10) {
        crash::Lines::fail("crash_worker: eight or nine arguments, see the top of the source");
    }
    const std::uint64_t steps = std::strtoull(argv[7], nullptr, 10);
    const crash::Lines runs(argv[8]);
    auto worker = Worker::open({.control = argv[1],
                                .outcomes = argv[2],
                                .bulk = argv[3],
                                .name = argv[4],
                                .slots = static_cast<std::uint32_t>(std::strtoul(argv[6], nullptr, 10)),
                                .window = 16,
                                .outbox = argv[5],
                                .drain_timeout_s = 30,
                                .keys = argc == 10 ? argv[9] : ""});
    if (!worker) { crash::Lines::fail(worker.error().message); }
    running = &*worker;
    std::signal(SIGTERM, [](int) { running->stop(); });
    const Status ended = worker->run([&](const Task& task, Context&) -> Result<Bytes> {
        runs.add(to_string(task.id) + " " + std::to_string(task.attempt));
        return crash::output_of(task.payload, steps);
    });
    if (!ended) { crash::Lines::fail(ended.error().message); }
    return 0;
}
