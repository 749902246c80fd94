/// The figures that a Prometheus server asks for: requests as they were answered, and how the lab stands at
/// the time of asking, in its text format. By prometheus-cpp. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/job_times.hpp"
#include "service/questions.hpp"
#include "site/stores.hpp"

namespace nias::httpfront {

/// One request that was answered.
struct Answered {
    std::string_view verb;
    std::string_view route;  ///< the pattern of the table, so that ids make no series of their own
    int status = 0;
    std::chrono::nanoseconds took{};  ///< from the head to the answer; sending it is not in it
    std::uint64_t received_bytes = 0;
    std::uint64_t sent_bytes = 0;
};

/// How the lab stands. What did not answer is left out.
struct Standing {
    std::optional<store::QueueCounts> jobs{};
    std::optional<std::chrono::milliseconds> oldest_waits{};  ///< zero while no job waits
    std::optional<std::vector<wire::WorkerRow>> workers{};
    std::optional<DiskRoom> disk{};
    std::size_t streams = 0;
};

class Metrics {
public:
    Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;
    ~Metrics();

    void answered(const Answered& request);
    /// A job has ended.
    void ended(const JobTimes& job);
    /// The text format 0.0.4.
    [[nodiscard]] std::string text(const Standing& standing);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace nias::httpfront
