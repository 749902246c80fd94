/// How a worker runs its jobs: what its options came to. Used by options and run. A value.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "worker/env/python_env.hpp"
#include "worker/host/job_users.hpp"
#include "worker/host/limits.hpp"
#include "worker/sandbox/ranges.hpp"

namespace nias::worker {

struct RunnerSettings {
    std::string work;                         ///< absolute; a folder an attempt below it
    std::vector<std::string> also_written{};  ///< further folders without which nothing can be run
    std::string boxes{};                      ///< absolute; what boxes have of the machine
    std::string bundles{};                    ///< absolute; bundles that are kept
    std::uint64_t bundles_max_bytes = 0;      ///< 0: none are kept
    PythonEnvSettings envs;
    std::string images{};  ///< absolute; folder of images, see job/images/image.hpp
    std::uint64_t max_log_bytes = 0;
    std::uint64_t default_memory_bytes = 0;  ///< for jobs that name none; 0: none
    std::uint64_t default_time_ms = 0;
    std::uint32_t max_processes = 1024;           ///< and threads, of a job at once
    std::uint64_t max_disk_bytes = 64ULL << 30U;  ///< what a running job may have on the disk
    std::uint64_t default_disk_bytes = 0;         ///< for jobs that name nothing; 0: as much
    std::uint64_t max_disk_files = 1'000'000;
    std::uint32_t retry_s = 10;           ///< first wait of a job for what the lab lacks; then twice as long
    std::uint32_t retry_most_s = 300;     ///< and so on, up to this
    std::uint64_t grace_ms = 10'000;      ///< from TERM to KILL
    UserRange job_users{};                ///< as whom jobs run where the worker is root
    std::vector<Cidr> network_allowed{};  ///< ranges that jobs with internet reach although they are closed
    bool prepares = true;  ///< jobs are made ready before they are given: there are users for one more a slot
    Network network = Network::none;  ///< granted to jobs that did not decline it

    [[nodiscard]] std::uint64_t disk_bytes_by_default() const {
        return default_disk_bytes > 0 ? default_disk_bytes : max_disk_bytes;
    }
};

}  // namespace nias::worker
