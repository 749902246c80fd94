// Handlers that crash, hang or flood the memory, each in a process of its own: their tasks end in words, and
// the others do not notice. Usage: isolated [how many measurements]
#include <nias/pipeline.hpp>

#include <csignal>
#include <cstdlib>
#include <future>
#include <iostream>
#include <string>
#include <vector>

namespace {

/// Judges one measurement. Of each four one is good, and the others are what such code meets in the field.
nias::Result<nias::Bytes> judge(const nias::Task& task, nias::Context&) {
    const std::string text(task.payload.begin(), task.payload.end());
    switch (std::strtoul(text.c_str(), nullptr, 10) % 4) {
        case 1: {
            volatile int samples = 0;
            if (samples == 0) { std::raise(SIGFPE); }  // as 1 / samples does
            break;
        }
        case 2:
            for (volatile bool converged = false; !converged;) {}
            break;
        case 3: {
            const std::vector<double> matrix(1ULL << 27U, 1.0);  // 1 GiB
            return nias::Bytes{static_cast<std::uint8_t>(matrix.back())};
        }
        default: break;
    }
    return nias::Bytes{'o', 'k'};
}

}  // namespace

int main(int argc, char** argv) {
    const unsigned long count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 12;
    auto pipeline = nias::Pipeline::open({.slots = 2, .isolation = nias::Isolation::process}, judge);
    if (!pipeline) {
        std::cerr << "isolated: " << pipeline.error().message << '\n';
        return 1;
    }
    std::vector<std::future<nias::Result<nias::Outcome>>> futures;
    for (unsigned long number = 0; number < count; ++number) {
        nias::Task task;
        task.owner = "isolated";
        const std::string text = std::to_string(number);
        task.payload.assign(text.begin(), text.end());
        task.spec.time_limit_ms = 500;
        task.spec.resources.memory_bytes = 256ULL << 20U;
        futures.push_back(pipeline->submitter().submit_future(std::move(task)));
    }
    for (unsigned long number = 0; number < count; ++number) {
        const auto outcome = futures[number].get();
        if (!outcome) {
            std::cerr << "isolated: " << outcome.error().message << '\n';
            return 1;
        }
        std::cout << "measurement " << number << ": " << nias::to_string(outcome->status)
                  << (outcome->error.empty() ? "" : ": ") << outcome->error << '\n';
    }
    const auto stopped = pipeline->stop();
    return stopped ? 0 : 1;
}
