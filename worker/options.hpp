/// The options of nias-worker, read from its command line. Used by main alone.
#pragma once

#include "daemon/worker_flags.hpp"
#include "worker/run/settings.hpp"

namespace nias::worker {

using Options = daemon::WorkerFlags;

inline constexpr auto kPython = "/usr/bin/python3";
inline constexpr std::size_t kLabelsMax = 32;  ///< as the wire takes them

/// Fills in what was left out: endpoints and the name into `options.service`, the rest into the settings.
/// `invalid` names the option whose value cannot be used.
[[nodiscard]] Result<RunnerSettings> complete(Options& options);

/// «a job by default: 24 h, 3.9 GiB, 64 GiB of disk»: for the labels of the worker.
[[nodiscard]] std::string defaults_in_words(const RunnerSettings& settings);

}  // namespace nias::worker
