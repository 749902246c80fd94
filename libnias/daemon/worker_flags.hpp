/// The command line of nias-worker. Used by its main, and by `nias up`, which takes the same options and
/// passes them on. Values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nias/worker.hpp>

#include "daemon/program.hpp"

namespace nias::daemon {

/// The service keeps 16 MiB of an attempt's log to repeat it; a longer log would lose its tail there.
inline constexpr std::uint64_t kMaxLogBytes = (16ULL << 20U) - 4096;

struct WorkerFlags {
    WorkerOptions service;
    std::string data = "./nias-data";
    std::string sandbox = "bwrap";
    std::vector<std::string> python;  ///< empty: worker::kPython
    std::string octave, matlab, r;    ///< empty: sought; "none": not used
    std::string matlab_licence;
    std::string key;  ///< file of «nias enroll»; empty: the server is on this machine
    std::string wheelhouse, pip_index, constraints, environments, images, work, envs;
    std::string job_network;  ///< empty: internet where this machine can give it, else none
    std::vector<std::string> job_network_allow;
    std::string job_uids;                    ///< FIRST-LAST; empty: worker::UserRange
    std::string default_memory;              ///< "4 GiB" or "none"; empty: the share of a slot
    std::string default_time_limit = "24h";  ///< "2h" or "none"
    std::uint64_t slots = 0;                 ///< 0: a slot a processor
    std::uint64_t max_log = kMaxLogBytes;
    std::uint64_t max_processes = 1024;
    std::string max_disk = "64 GiB";
    std::string default_disk;  ///< "10 GiB"; empty: max_disk
    std::uint64_t max_files = 1'000'000;
    std::uint64_t envs_max = 20ULL << 30U;
    std::uint64_t bundles_max = 4ULL << 30U;
    std::uint64_t drain_timeout_s = 600;
    std::uint64_t retry_s = 10;
    std::uint64_t retry_most_s = 300;
};

void declare(Options& program, WorkerFlags& flags);

}  // namespace nias::daemon
