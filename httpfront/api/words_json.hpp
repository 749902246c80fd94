/// Sentences in JSON: as codes with parameters, and problems in the language that a client prefers. Used by
/// job_json and routes. Pure; any thread.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "http/answer.hpp"
#include "http/message.hpp"

namespace nias::httpfront {

/// A list whose parts are texts as they are and objects {code, params}; a parameter is a text or such a list.
/// Rendered, the parts follow each other.
[[nodiscard]] nlohmann::ordered_json words_json(std::string_view text);

/// A problem document gets `words`, and its `detail` in the language of Accept-Language. Other answers stay.
void say_in_language(const Request& request, Answer& answer);

}  // namespace nias::httpfront
