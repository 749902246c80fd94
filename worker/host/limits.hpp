/// The one value for what a program is granted, from the manifest to the box. Used by run, env, sandbox and
/// runtime, and by the control groups. A value.
#pragma once

#include <cstdint>
#include <vector>

namespace nias::worker {

/// The network of a program: none but its own loopback, a way to the internet from a network of its own, or
/// the host's.
enum class Network { none, internet, host };

[[nodiscard]] constexpr const char* network_word(Network network) {
    switch (network) {
        case Network::none: return "none";
        case Network::internet: return "internet";
        case Network::host: return "host";
    }
    return "";
}

struct Limits {
    std::uint32_t cpus = 0;             ///< 0: as many as the machine has
    std::vector<int> cpu_set{};         ///< the processors it may run on; empty: all
    std::uint64_t memory_bytes = 0;     ///< 0: none
    std::uint64_t time_ms = 0;          ///< 0: none
    std::uint64_t grace_ms = 10'000;    ///< from TERM to KILL
    std::uint32_t processes = 1024;     ///< and threads, at once
    std::uint64_t disk_bytes = 0;       ///< what it may write on its machine's disk; 0: not watched
    std::uint64_t disk_most_bytes = 0;  ///< what a job of this machine may ask for there
    std::uint64_t disk_files = 0;       ///< files, folders and links there
    std::uint64_t tmp_bytes = 0;        ///< of /tmp and of /dev/shm, each; 0: half of the machine's memory
    Network network = Network::none;
};

}  // namespace nias::worker
