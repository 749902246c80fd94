/// Writes answers to their connections. Used by server, on its lanes' threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "http/answer.hpp"
#include "http/connection.hpp"

namespace nias::httpfront {

/// Status line and header fields. `length`: bytes of the body, where they are known.
[[nodiscard]] std::string head_of(const Answer& answer, std::optional<std::uint64_t> length, bool close);
[[nodiscard]] std::optional<std::uint64_t> length_of(const Answer& answer);

/// False: the client cannot know where the answer ends, or is gone; the connection must close. Of a file the
/// last piece is held back until all is read: one that is found damaged at its end, by its checksum, must not
/// look whole, and a small one is answered with words.
[[nodiscard]] bool send_answer(Connection& connection, const Answer& answer, bool head_only, bool close);

}  // namespace nias::httpfront
