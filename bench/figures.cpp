#include "bench/figures.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <iomanip>
#include <iostream>

namespace nias::bench {

double median_of(std::vector<double> values) {
    if (values.empty()) { return 0; }
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

double Figures::median(const std::string& name) const {
    const auto found = all_.find(name);
    return found == all_.end() ? 0 : median_of(found->second);
}

std::size_t Figures::runs(const std::string& name) const {
    const auto found = all_.find(name);
    return found == all_.end() ? 0 : found->second.size();
}

void Figures::print_ratio(const std::string& what, const std::string& measured, const std::string& baseline,
                          const std::string& unit) const {
    const double ours = median(measured);
    const double theirs = median(baseline);
    if (ours == 0 || theirs == 0) { return; }
    const int digits = ours < 1000 ? 1 : 0;
    std::cout << what << ": " << std::fixed << std::setprecision(digits) << ours << unit << ", ratio "
              << std::setprecision(2) << ours / theirs << " of " << baseline << " ("
              << std::setprecision(digits) << theirs << unit << "), medians of " << runs(measured) << '\n';
}

void add_rate(Figures& figures, const std::string& name, std::size_t count, std::function<double()> run) {
    benchmark::RegisterBenchmark(
        name.c_str(),
        [&figures, name, count, run = std::move(run)](benchmark::State& state) {
            for (auto _ : state) {
                const double took = run();
                state.SetIterationTime(took);
                figures.add(name, static_cast<double>(count) / took);
            }
            state.SetItemsProcessed(static_cast<std::int64_t>(count) * state.iterations());
        })
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond)
        ->Iterations(1)
        ->Repetitions(5)
        ->ReportAggregatesOnly(false);
}

int run_in_turns(int argc, char** argv) {
    std::vector<char*> arguments(argv, argv + argc);
    std::string in_turns = "--benchmark_enable_random_interleaving=true";
    arguments.insert(arguments.begin() + 1, in_turns.data());
    argc = static_cast<int>(arguments.size());
    arguments.push_back(nullptr);
    benchmark::Initialize(&argc, arguments.data());
    if (benchmark::ReportUnrecognizedArguments(argc, arguments.data())) { return 2; }
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

}  // namespace nias::bench
