/// What nias-worker is told on its command line. Used by main alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nias/worker.hpp>

#include "daemon/program.hpp"
#include "worker/run/settings.hpp"

namespace nias::worker {

/// The service keeps 16 MiB of an attempt's log to repeat it; a longer log would lose its tail there.
inline constexpr std::uint64_t kMaxLogBytes = (16ULL << 20U) - 4096;

struct Options {
    WorkerOptions service;
    std::string data = "./nias-data";
    std::string sandbox = "bwrap";
    std::vector<std::string> python;  ///< empty: kPython
    std::string octave;               ///< empty: sought
    std::string key;                  ///< file of «nias enroll»; empty: the server is on this machine
    std::string wheelhouse, pip_index, work, envs;
    std::string job_network = "none";
    std::string default_memory, default_time_limit;  ///< "4 GiB", "2h"; empty: none
    std::uint64_t slots = 0;                         ///< 0: a slot a processor
    std::uint64_t max_log = kMaxLogBytes;
    std::uint64_t envs_max = 20ULL << 30U;
    std::uint64_t drain_timeout_s = 600;
};

inline constexpr auto kPython = "/usr/bin/python3";

void declare(daemon::Options& program, Options& options);
/// Fills in what was left out: endpoints and the name into `options.service`, the rest into the settings.
/// `invalid` names the option whose value cannot be used.
[[nodiscard]] Result<RunnerSettings> complete(Options& options);

}  // namespace nias::worker
