/// The parameters that each route takes behind the `?`: others are refused, since a misspelt one would be a
/// wish that nobody hears. `openapi.yaml` says the same; a unit test compares them. Used by routes. Pure.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "http/message.hpp"

namespace nias::httpfront {

struct QueryRow {
    std::string_view verb;
    std::string_view pattern;
    std::string_view names;  ///< in words: «state limit»
};

/// Routes that are not here take none.
[[nodiscard]] std::span<const QueryRow> query_rows();
/// 400 `unknown_parameter` for one that the route does not take, `repeated_parameter` for one that is there
/// twice.
[[nodiscard]] std::optional<Problem> check_query(std::string_view verb, std::string_view pattern,
                                                 const Request& request);

}  // namespace nias::httpfront
