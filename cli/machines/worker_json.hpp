/// A worker's row for programs to read. Used by `nias workers --json`; any thread.
#pragma once

#include <string>
#include <string_view>

#include "service/questions.hpp"

namespace nias::cli {

/// One word: "ready", "suspect", …
[[nodiscard]] std::string_view word_of(wire::WorkerState state);
/// One JSON object on one line; times are Unix milliseconds by the ventilator's clock.
[[nodiscard]] std::string worker_json(const wire::WorkerRow& row);

}  // namespace nias::cli
