/// The latencies of a load as lines, as a file of comma-separated values and as a picture. Used by
/// nias-bench.
#pragma once

#include <string>

#include <nias/result.hpp>

#include "bench/load/latencies.hpp"

namespace nias::bench {

/// p50, p90, p99, p99.9 and max on standard output.
void print(Latencies& latencies);

/// A line a bar: upper end in microseconds, tasks, share of all up to there. `unavailable`: cannot be
/// written.
[[nodiscard]] Status write_csv(Latencies& latencies, const std::string& path);

/// `invalid`: not a kind of picture that is written. Empty is fine: none is wanted.
[[nodiscard]] Status check_plot(const std::string& path);
/// Drawn by gnuplot. `unavailable`: it is not installed, or the file cannot be written.
[[nodiscard]] Status write_plot(Latencies& latencies, const std::string& path);

}  // namespace nias::bench
