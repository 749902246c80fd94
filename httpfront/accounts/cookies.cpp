#include "accounts/cookies.hpp"

namespace nias::httpfront {
namespace {

std::string name_for(const Visitor& visitor) { return visitor.secure ? "__Host-nias" : "nias"; }

}  // namespace

std::optional<std::string> session_cookie(const Request& request, const Visitor& visitor) {
    const std::string wanted = name_for(visitor);
    std::string_view left = request.field("cookie").value_or("");
    while (!left.empty()) {
        const std::size_t end = left.find(';');
        const std::string_view pair = trim(left.substr(0, end));
        left = end == std::string_view::npos ? std::string_view() : left.substr(end + 1);
        const std::size_t equals = pair.find('=');
        if (equals != std::string_view::npos && pair.substr(0, equals) == wanted) {
            return std::string(pair.substr(equals + 1));
        }
    }
    return std::nullopt;
}

std::pair<std::string, std::string> set_session_cookie(const std::string& secret, const Visitor& visitor,
                                                       std::int64_t max_age_s) {
    std::string value = name_for(visitor) + "=" + secret + "; Path=/; Max-Age=" + std::to_string(max_age_s) +
                        "; HttpOnly; SameSite=Strict";
    if (visitor.secure) { value += "; Secure"; }
    return {"Set-Cookie", std::move(value)};
}

std::pair<std::string, std::string> clear_session_cookie(const Visitor& visitor) {
    return set_session_cookie("", visitor, 0);
}

std::optional<std::string> bearer_token(const Request& request) {
    const std::string_view field = trim(request.field("authorization").value_or(""));
    constexpr std::string_view kScheme = "bearer ";
    if (lower(field.substr(0, kScheme.size())) != kScheme) { return std::nullopt; }
    return std::string(trim(field.substr(kScheme.size())));
}

}  // namespace nias::httpfront
