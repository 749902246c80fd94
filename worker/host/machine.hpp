/// Describes this host: its name, processors and memory. Used by main and run.
#pragma once

#include <cstdint>
#include <string>

namespace nias::worker {

struct Machine {
    std::string name;
    std::string system;  ///< kernel and architecture, for the provenance
    std::uint32_t cpus = 1;
    std::uint64_t memory_bytes = 0;
};

[[nodiscard]] Machine this_machine();
/// Names a file of this boot of this host, for WorkerOptions::home: two processes that give the same one have
/// locked the same file. Empty: it cannot be told.
[[nodiscard]] std::string home_of(const std::string& locked_file);

}  // namespace nias::worker
