/// Headers that every answer has, whoever made it: a page, a file, a refusal before the head was whole. Pure;
/// used by server and outgoing.
#pragma once

#include <string>

#include "http/answer.hpp"
#include "http/message.hpp"

namespace nias::httpfront {

/// Adds them. An answer that says nothing else is of the strictest kind: nothing in it is loaded, framed or
/// kept. `request`: null where none was read; then `id` alone names it.
void add_common_headers(Answer& answer, const std::string& id, const Request* request);

/// The refusal that takes the place of an answer that was made already, under the same id.
[[nodiscard]] Answer instead_of(const Answer& answer, const Problem& problem);

}  // namespace nias::httpfront
