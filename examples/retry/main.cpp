// A sweep with retry and cancel: failed tasks are tried again, and once enough succeeded the rest is
// cancelled. Usage: retry [how many tasks] [how many are enough]
#include <nias/pipeline.hpp>
#include <nias/task_group.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr std::uint32_t kTries = 3;

/// Runs on the workers: solves x = cos x by iteration, some 50 us of work. Each hundredth number fails at its
/// first try, and each thousandth at every one.
nias::Result<nias::Bytes> compute(const nias::Task& task, nias::Context& context) {
    const std::uint32_t number = task.group_index() + 1;
    if (context.cancelled()) { return nias::Error{nias::ErrorCode::unavailable, "cancelled"}; }
    if (number % 1000 == 0 || (number % 100 == 0 && task.attempt == 1)) {
        return nias::Error{nias::ErrorCode::unavailable, "the solver did not converge"};
    }
    double x = 0.001 * static_cast<double>(number % 1000);
    for (int step = 0; step < 4'000; ++step) { x = std::cos(x); }
    return nias::Bytes{static_cast<std::uint8_t>(100 * x)};
}

int fail(const nias::Error& error) {
    std::cerr << "retry: " << error.message << '\n';
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 50'000;
    const std::size_t enough = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : count;
    auto pipeline = nias::Pipeline::open(
        {.slots = std::max(1U, std::thread::hardware_concurrency()), .window = 256}, compute);
    if (!pipeline) { return fail(pipeline.error()); }

    nias::Task task;
    task.owner = "retry";
    task.spec.max_failures = kTries - 1;
    auto group = nias::TaskGroup::submit(pipeline->submitter(), std::vector<nias::Task>(count, task));
    if (!group) { return fail(group.error()); }
    std::size_t good = 0;
    std::size_t bad = 0;
    std::size_t cancelled = 0;
    std::size_t retried = 0;
    while (true) {
        auto end = group->next(std::chrono::minutes(1));
        if (!end) { return fail(end.error()); }
        if (!*end) { break; }
        const nias::Result<nias::Outcome>& outcome = (*end)->outcome;
        if (!outcome) { return fail(outcome.error()); }
        good += outcome->status == nias::OutcomeStatus::succeeded ? 1 : 0;
        cancelled += outcome->status == nias::OutcomeStatus::cancelled ? 1 : 0;
        bad += outcome->status == nias::OutcomeStatus::failed ? 1 : 0;
        retried += outcome->attempt - 1;
        if (good == enough && enough < count) {
            if (const auto asked = group->cancel(); !asked) { return fail(asked.error()); }
        }
    }
    std::cout << count << " tasks: " << good << " good, " << bad << " bad, " << cancelled << " cancelled; "
              << retried << " retries\n";
    return 0;
}
