/// The cookie of a session. Pure.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "accounts/identity.hpp"
#include "http/message.hpp"

namespace nias::httpfront {

/// The secret that the request shows; nullopt: none. Over HTTPS only the `__Host-` cookie counts, which no
/// other site and no page in clear can have set.
[[nodiscard]] std::optional<std::string> session_cookie(const Request& request, const Visitor& visitor);
/// The header that gives the browser its session, for as long as the browser runs or `max_age_s`.
[[nodiscard]] std::pair<std::string, std::string> set_session_cookie(const std::string& secret,
                                                                     const Visitor& visitor,
                                                                     std::int64_t max_age_s);
[[nodiscard]] std::pair<std::string, std::string> clear_session_cookie(const Visitor& visitor);
/// The token of `Authorization: Bearer`; nullopt for none and for every other scheme.
[[nodiscard]] std::optional<std::string> bearer_token(const Request& request);

}  // namespace nias::httpfront
