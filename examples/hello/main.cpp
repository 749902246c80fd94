// The whole pipeline in one process: tasks go in, a handler works on them, their outcomes come back.
// Usage: hello [how many tasks]
#include <nias/pipeline.hpp>

#include <cstdlib>
#include <future>
#include <iostream>
#include <vector>

namespace {

nias::Result<nias::Bytes> turn_round(const nias::Task& task, nias::Context&) {
    return nias::Bytes(task.payload.rbegin(), task.payload.rend());
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t wanted = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1000;
    auto pipeline = nias::Pipeline::open({.window = 512}, turn_round);
    if (!pipeline) {
        std::cerr << pipeline.error().message << '\n';
        return 1;
    }
    std::vector<std::future<nias::Result<nias::Outcome>>> futures;
    for (std::size_t i = 0; i < wanted; ++i) {
        nias::Task task;
        task.owner = "hello";
        task.payload = {'t', 'a', 's', 'k'};
        futures.push_back(pipeline->submitter().submit_future(std::move(task)));
    }
    std::size_t good = 0;
    for (auto& future : futures) {
        const auto outcome = future.get();
        if (!outcome) {
            std::cerr << outcome.error().message << '\n';
            return 1;
        }
        good += outcome->output == nias::Bytes{'k', 's', 'a', 't'} ? 1 : 0;
    }
    std::cout << wanted << " tasks submitted, " << futures.size() << " outcomes, " << good
              << " as expected\n";
    return good == wanted ? 0 : 1;
}
