/// How far a transfer is, as one line of a terminal; silent where the standard error is none. Used by the
/// verbs that move many bytes. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace nias::cli {

class ProgressBar {
public:
    explicit ProgressBar(std::string what);  ///< as "sending study.zip"
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;
    ~ProgressBar();  ///< leaves no trace of it
    /// Draws at most ten times a second, and when all is done.
    void show(std::uint64_t done, std::uint64_t total);

private:
    using Clock = std::chrono::steady_clock;
    std::string what_;
    bool on_terminal_;
    bool drawn_ = false;
    bool begun_ = false;
    std::uint64_t first_ = 0;  ///< bytes that were there before this transfer
    Clock::time_point since_;
    Clock::time_point last_;
};

/// " 42 % of 1.5 GiB, 5.2 MiB/s, 3 min 1 s left"; without speed in the first half second.
[[nodiscard]] std::string progress_words(std::uint64_t done, std::uint64_t total, std::uint64_t moved,
                                         std::chrono::milliseconds took);

}  // namespace nias::cli
