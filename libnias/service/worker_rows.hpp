/// A worker's row in words: for people and for programs. Used by `nias workers`; any thread.
#pragma once

#include <string>
#include <string_view>

#include "wire/messages.hpp"

namespace nias::service {

/// One word: "ready", "suspect", …
[[nodiscard]] std::string_view word_of(wire::WorkerState state);
/// One JSON object on one line, with the fields of the row by their names on the wire.
[[nodiscard]] std::string worker_json(wire::WorkerRow row);

}  // namespace nias::service
