/// When a job that waits is likely to start: told only where the ventilator says how many are before it and
/// the line was seen to move. Pure; used by the handlers of jobs and of the queue.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace nias::httpfront {

/// The tasks before it, where the line is all that a job waits for. `why`: the ventilator's words
/// (`nias explain`). Nothing where something else is in its way (no machine that fits, a paused one, a
/// resource of which others hold all), for no pace says when that ends.
[[nodiscard]] std::optional<std::uint64_t> tasks_ahead(std::string_view why);

/// `pace`: tasks a second that leave the line.
[[nodiscard]] std::optional<std::int64_t> likely_start_ms(std::string_view why, std::optional<double> pace,
                                                          std::int64_t now_ms);

}  // namespace nias::httpfront
