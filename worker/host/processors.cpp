#include "worker/host/processors.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>

namespace nias::worker {
namespace {

std::vector<int> own_numbers() {
    std::vector<int> out;
    cpu_set_t set;
    if (::sched_getaffinity(0, sizeof set, &set) != 0) { return out; }
    for (int number = 0; number < CPU_SETSIZE; ++number) {
        if (CPU_ISSET(number, &set)) { out.push_back(number); }
    }
    if (!out.empty()) {
        std::rotate(out.begin(), out.begin() + ::getpid() % static_cast<int>(out.size()), out.end());
    }
    return out;
}

}  // namespace

Processors::Processors() : Processors(own_numbers()) {}

Processors::Processors(std::vector<int> numbers) {
    for (const int number : numbers) { all_.push_back({number, 0}); }
}

Processors::Share Processors::take(std::uint32_t count) {
    const std::lock_guard lock(mutex_);
    std::vector<Processor*> order;
    for (Processor& processor : all_) { order.push_back(&processor); }
    std::stable_sort(order.begin(), order.end(),
                     [](const Processor* a, const Processor* b) { return a->jobs < b->jobs; });
    std::vector<int> numbers;
    for (Processor* processor : order) {
        if (numbers.size() == count) { break; }
        ++processor->jobs;
        numbers.push_back(processor->number);
    }
    std::sort(numbers.begin(), numbers.end());
    return {*this, std::move(numbers)};
}

void Processors::give_back(const std::vector<int>& numbers) {
    const std::lock_guard lock(mutex_);
    for (Processor& processor : all_) {
        if (std::find(numbers.begin(), numbers.end(), processor.number) != numbers.end()) {
            --processor.jobs;
        }
    }
}

}  // namespace nias::worker
