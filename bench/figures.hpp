/// Figures of a run of benchmarks by name, and their ratios at its end. Used by the benchmarks of processes.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace nias::bench {

class Figures {
public:
    void add(const std::string& name, double value) { all_[name].push_back(value); }
    [[nodiscard]] double median(const std::string& name) const;  ///< 0: it did not run
    [[nodiscard]] std::size_t runs(const std::string& name) const;
    /// «what: 831221/s, ratio 0.42 of baseline (1959274/s), medians of 5»; nothing where one did not run.
    void print_ratio(const std::string& what, const std::string& measured, const std::string& baseline,
                     const std::string& unit) const;

private:
    std::map<std::string, std::vector<double>> all_;
};

/// Registers a benchmark that is run five times in turns with the others. `run` gives the seconds that
/// `count` items took; their rate is added to `figures`, which outlives the run.
void add_rate(Figures& figures, const std::string& name, std::size_t count, std::function<double()> run);

/// Runs what is registered, in an order left to chance, so that what else the machine does falls on both
/// sides of a ratio. Returns the exit code of a wrong option, else 0.
[[nodiscard]] int run_in_turns(int argc, char** argv);

/// The median of the values given; 0 of none.
[[nodiscard]] double median_of(std::vector<double> values);

}  // namespace nias::bench
