/// A whole pipeline of processes of nias-bench-node, and what one may measure of a process. Used by the
/// benchmarks.
#pragma once

#include <nias/submitter.hpp>

#include <string>
#include <vector>

#include "bench/processes.hpp"

namespace nias::bench {

/// Ventilator, sink and workers with a no-op handler over loopback TCP. Ends with the object.
class RunningPipeline {
public:
    /// `data`: the folder of ledger and results, or «-» for memory mode. `window`: tasks held by each worker.
    RunningPipeline(const std::string& data, std::size_t workers, std::size_t window);
    [[nodiscard]] Submitter submitter(SubmitterCallbacks callbacks) const;
    [[nodiscard]] const Node& ventilator() const { return ventilator_; }
    [[nodiscard]] const Node& sink() const { return sink_; }
    [[nodiscard]] const std::vector<Node>& workers() const { return workers_; }

private:
    Node ventilator_;
    Node sink_;
    std::vector<Node> workers_;
};

/// A submitter of this ventilator; ends the benchmark where that fails.
[[nodiscard]] Submitter submitter_of(const Node& ventilator, SubmitterCallbacks callbacks);

[[nodiscard]] double cpu_seconds(pid_t pid);            ///< processor time of the process so far
[[nodiscard]] std::uint64_t resident_bytes(pid_t pid);  ///< bytes of its memory that are resident
[[nodiscard]] std::uint64_t most_resident_bytes(pid_t pid);
/// A fresh folder in the current one.
[[nodiscard]] std::string fresh_folder();

}  // namespace nias::bench
