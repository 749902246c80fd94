#include "cli/progress_bar.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "base/unicode.hpp"
#include "base/words.hpp"

namespace nias::cli {
namespace {

constexpr std::chrono::milliseconds kDrawEvery(100);
constexpr std::chrono::milliseconds kSpeedAfter(500);

}  // namespace

std::string progress_words(std::uint64_t done, std::uint64_t total, std::uint64_t moved,
                           std::chrono::milliseconds took) {
    const std::uint64_t percent =
        total == 0
            ? 100
            : static_cast<std::uint64_t>(100.0 * static_cast<double>(done) / static_cast<double>(total));
    std::string out = std::string(percent < 10    ? 2
                                  : percent < 100 ? 1
                                                  : 0,
                                  ' ') +
                      std::to_string(percent) + " % of " + size_in_words(total);
    if (took < kSpeedAfter || moved == 0) { return out; }
    const double a_second = static_cast<double>(moved) * 1000.0 / static_cast<double>(took.count());
    out += ", " + size_in_words(static_cast<std::uint64_t>(a_second)) + "/s";
    if (done < total && a_second >= 1) {
        const auto left_s = static_cast<std::uint64_t>(static_cast<double>(total - done) / a_second) + 1;
        out += ", " + time_in_words(left_s * 1000) + " left";
    }
    return out;
}

ProgressBar::ProgressBar(std::string what)
    : what_(visible(what)), on_terminal_(::isatty(STDERR_FILENO) == 1), since_(Clock::now()) {}

ProgressBar::~ProgressBar() {
    if (drawn_) { std::cerr << "\r\x1b[K" << std::flush; }
}

void ProgressBar::show(std::uint64_t done, std::uint64_t total) {
    if (!on_terminal_) { return; }
    const auto at = Clock::now();
    if (!begun_) { first_ = done; }
    if (begun_ && done < total && at - last_ < kDrawEvery) { return; }
    begun_ = true;
    last_ = at;
    const std::uint64_t moved = done - std::min(done, first_);
    std::cerr << "\r\x1b[K" << what_ << ": "
              << progress_words(done, total, moved,
                                std::chrono::duration_cast<std::chrono::milliseconds>(at - since_))
              << std::flush;
    drawn_ = true;
}

}  // namespace nias::cli
